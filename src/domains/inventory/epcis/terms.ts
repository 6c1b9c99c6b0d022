// What an event can be found by.
import { isList, isRecord } from '../../../kernel/json.ts'
import type { AnyEvent } from './judge.ts'

export interface Term {
  readonly role: 'epc' | 'parent' | 'input' | 'output' | 'class' | 'input_class' | 'output_class' | 'transaction' | 'source' | 'destination'
  readonly epc: string
}
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const listOf = (value: unknown): readonly unknown[] => (isList(value) ? value : [])
export const idIn = (value: unknown): string | null => (isRecord(value) ? textOf(value['id']) : null)
export const field = (event: AnyEvent, name: string): string | null => textOf(event[name])

/** EPCs, classes and documents of an event, each once. */
export function termsOf(event: AnyEvent): readonly Term[] {
  const terms = new Map<string, Term>()
  const add = (role: Term['role'], epc: unknown): void => {
    if (typeof epc === 'string') terms.set(`${role} ${epc}`, { role, epc })
  }
  const all = (role: Term['role'], name: string): void => { for (const each of listOf(event[name])) add(role, each) }
  const named = (role: Term['role'], name: string, key: string): void => { for (const each of listOf(event[name])) if (isRecord(each)) add(role, each[key]) }
  const typed = (role: Term['role'], name: string, key: string): void => {
    for (const each of listOf(event[name])) if (isRecord(each) && typeof each[key] === 'string') add(role, `${textOf(each['type']) ?? ''} ${each[key]}`)
  }
  all('epc', 'epcList')
  all('epc', 'childEPCs')
  add('parent', event['parentID'])
  all('input', 'inputEPCList')
  all('output', 'outputEPCList')
  named('class', 'quantityList', 'epcClass')
  named('class', 'childQuantityList', 'epcClass')
  named('input_class', 'inputQuantityList', 'epcClass')
  named('output_class', 'outputQuantityList', 'epcClass')
  typed('transaction', 'bizTransactionList', 'bizTransaction')
  typed('source', 'sourceList', 'source')
  typed('destination', 'destinationList', 'destination')
  return [...terms.values()]
}
