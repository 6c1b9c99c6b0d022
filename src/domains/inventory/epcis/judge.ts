// Decides whether something is an EPCIS event, and what is wrong with it where it is none.
import { Compile, type Validator } from 'typebox/compile'
import { isList, isRecord } from '../../../kernel/json.ts'
import type { ProblemError } from '../../../kernel/problem.ts'
import { AggregationEvent, AssociationEvent, ObjectEvent, TransactionEvent, TransformationEvent } from './event-schema.ts'
import { EVENT_TYPES } from './schema.ts'

export type AnyEvent = Readonly<Record<string, unknown>>
const FAULTS_MAX = 20

const VALIDATORS = new Map<string, Validator>([
  ['ObjectEvent', Compile(ObjectEvent)], ['AggregationEvent', Compile(AggregationEvent)], ['AssociationEvent', Compile(AssociationEvent)], ['TransactionEvent', Compile(TransactionEvent)],
  ['TransformationEvent', Compile(TransformationEvent)],
])
const token = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
const has = (event: AnyEvent, name: string): boolean => isList(event[name]) && event[name].length > 0

/** All that is wrong with an event, by JSON pointer below `base`; empty when nothing is. */
export function eventFaults(event: unknown, base: string): ProblemError[] {
  if (!isRecord(event)) return [{ pointer: base, code: 'type', message: 'Must be an event: an object.' }]
  const validator = typeof event['type'] === 'string' ? VALIDATORS.get(event['type']) : undefined
  if (validator === undefined) return [{ pointer: `${base}/type`, code: 'enum', message: `Must be one of ${EVENT_TYPES.join(', ')}.` }]
  if (!validator.Check(event)) {
    const faults = validator.Errors(event).flatMap((error): ProblemError[] => {
      const at = base + error.instancePath
      if (error.keyword === 'required') return error.params.requiredProperties.map((name) => ({ pointer: `${at}/${token(name)}`, code: 'required', message: 'This field is missing.' }))
      if (error.keyword === 'additionalProperties') return error.params.additionalProperties.map((name) => ({ pointer: `${at}/${token(name)}`, code: 'unknown', message: 'The standard has no such field here; a field of your own has a prefix.' }))
      if (error.keyword === 'pattern') return [{ pointer: at, code: 'pattern', message: 'This is neither a word of the standard for this field nor, where one may stand, a URI.' }]
      return [{ pointer: at, code: error.keyword, message: `${error.message[0]?.toUpperCase() ?? ''}${error.message.slice(1)}.` }]
    })
    return faults.length === 0 ? [{ pointer: base, code: 'invalid', message: 'This is not a valid event.' }] : faults.slice(0, FAULTS_MAX)
  }
  return ruleFaults(event, base)
}

/** What the standard says in words. */
function ruleFaults(event: AnyEvent, base: string): ProblemError[] {
  const fault = (name: string, code: string, message: string): ProblemError[] => [{ pointer: `${base}/${name}`, code, message }]
  const { type, action } = event
  if (type === 'ObjectEvent') {
    if (action !== 'ADD' && event['ilmd'] !== undefined) return fault('ilmd', 'not_allowed', 'Instance and lot master data belong to the action ADD.')
    if (event['epcList'] === undefined && !has(event, 'quantityList') && !(has(event, 'sensorElementList') && event['readPoint'] !== undefined)) return fault('epcList', 'required', 'An ObjectEvent names EPCs, quantities, or sensors with their read point.')
  }
  if (type === 'AggregationEvent' || type === 'AssociationEvent') {
    if (action !== 'OBSERVE' && event['parentID'] === undefined) return fault('parentID', 'required', 'ADD and DELETE need the parent.')
    if (action !== 'DELETE' && !has(event, 'childEPCs') && !has(event, 'childQuantityList')) return fault('childEPCs', 'required', 'Only DELETE may leave the children out.')
  }
  if (type === 'TransactionEvent' && action !== 'DELETE' && event['epcList'] === undefined && !has(event, 'quantityList')) return fault('epcList', 'required', 'Only DELETE may leave the objects out.')
  if (type === 'TransformationEvent') {
    const [isIn, isOut] = [has(event, 'inputEPCList') || has(event, 'inputQuantityList'), has(event, 'outputEPCList') || has(event, 'outputQuantityList')]
    if (!(isIn && isOut) && !((isIn || isOut) && event['transformationID'] !== undefined)) return fault('transformationID', 'required', 'Inputs and outputs are needed, or one of them with a transformationID.')
  }
  return []
}
