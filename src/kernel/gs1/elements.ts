// Elements: an application identifier with its value, checked; and the strings that carry them in GS1-128, DataMatrix and QR codes.
import { hasCheckDigit } from './check-digit.ts'
import { dayOf } from './dates.ts'
import { identifierAt, IDENTIFIERS, PREDEFINED_LENGTHS, type Identifier } from './identifiers.ts'

export interface Element {
  readonly ai: string
  readonly value: string
}
export interface ScanFault {
  readonly ok: false
  readonly code: 'empty' | 'too_long' | 'characters' | 'unknown_identifier' | 'length' | 'check_digit' | 'date' | 'repeated' | 'digital_link'
  readonly message: string
}
export type Elements = { readonly ok: true; readonly elements: readonly Element[] } | ScanFault

/** Separates an element of variable length from the next (FNC1 as scanners send it). */
export const GROUP_SEPARATOR = '\u001d'
const SETS = { digits: /^[0-9]*$/, text: /^[!-"%-?A-Z_a-z]*$/, strict: /^[#\-/0-9A-Z]*$/ } as const
export const fault = (code: ScanFault['code'], message: string): ScanFault => ({ ok: false, code, message })

/** What is wrong with the value of an identifier; null when nothing is. */
export function elementFault({ ai, value }: Element): ScanFault | null {
  const identifier = IDENTIFIERS.get(ai)
  if (identifier === undefined) return fault('unknown_identifier', `There is no application identifier ${ai.slice(0, 8)}.`)
  let at = 0
  for (const [index, part] of identifier.parts.entries()) {
    const isLast = index === identifier.parts.length - 1
    const text = isLast ? value.slice(at) : value.slice(at, at + part.max)
    if (text.length < part.min || text.length > part.max) return fault('length', `(${ai}) ${identifier.title} has the wrong length.`)
    if (!SETS[part.of].test(text)) return fault('characters', `(${ai}) ${identifier.title} has characters that cannot stand there.`)
    if (part.is === 'checked' && !hasCheckDigit(text)) return fault('check_digit', `The check digit of (${ai}) ${identifier.title} is wrong.`)
    if (part.is !== undefined && part.is !== 'checked' && !isTime(part.is, text)) return fault('date', `(${ai}) ${identifier.title} is no date.`)
    at += text.length
  }
  return null
}

function isTime(kind: 'date' | 'day' | 'hour' | 'minute' | 'dates', text: string): boolean {
  if (kind === 'hour') return Number(text) <= 23
  if (kind === 'minute') return Number(text) <= 59
  if (kind === 'dates') return dayOf(text.slice(0, 6)) !== null && (text.length === 6 || (text.length === 12 && dayOf(text.slice(6)) !== null))
  return dayOf(text) !== null && (kind === 'date' || !text.endsWith('00'))
}

/** Checks elements that were taken apart already. The same identifier may stand twice only with the same value. */
export function checkElements(elements: readonly Element[]): Elements {
  const kept = new Map<string, string>()
  for (const element of elements) {
    const wrong = elementFault(element)
    if (wrong !== null) return wrong
    const before = kept.get(element.ai)
    if (before !== undefined && before !== element.value) return fault('repeated', `(${element.ai}) stands twice with different values.`)
    kept.set(element.ai, element.value)
  }
  if (kept.size === 0) return fault('empty', 'There is nothing in this barcode.')
  return { ok: true, elements: [...kept].map(([ai, value]) => ({ ai, value })) }
}

/** Takes an element string apart: identifiers without brackets, separators behind elements of variable length. */
export function readElementString(text: string): Elements {
  const elements: Element[] = []
  let rest = text
  while (rest.startsWith(GROUP_SEPARATOR)) rest = rest.slice(1)
  while (rest !== '') {
    const identifier = identifierAt(rest)
    if (identifier === null) return fault('unknown_identifier', `No application identifier begins with ${rest.slice(0, 4)}.`)
    const end = endOf(identifier, rest)
    if (end === null) return fault('length', `(${identifier.ai}) ${identifier.title} has the wrong length.`)
    elements.push({ ai: identifier.ai, value: rest.slice(identifier.ai.length, end) })
    rest = rest.slice(end)
    if (rest.startsWith(GROUP_SEPARATOR)) rest = rest.slice(1)
  }
  return checkElements(elements)
}

function endOf(identifier: Identifier, rest: string): number | null {
  const separator = rest.indexOf(GROUP_SEPARATOR)
  const reach = separator === -1 ? rest.length : separator
  const fixed = PREDEFINED_LENGTHS.get(identifier.ai.slice(0, 2))
  if (fixed === undefined) return reach
  return reach < fixed ? null : fixed
}

/** Takes the form apart that people read: `(01)09506000134352(10)ABC`. A bracket inside a value is written `\(`. */
export function readBracketed(text: string): Elements {
  const elements: Element[] = []
  const pattern = /\(([0-9]{2,4})\)((?:\\[()\\]|[^(\\])*)/y
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) return fault('characters', `Expected an application identifier in brackets at ${text.slice(from, from + 8)}.`)
    elements.push({ ai: match[1] ?? '', value: (match[2] ?? '').replaceAll(/\\([()\\])/g, '$1').trimEnd() })
  }
  return checkElements(elements)
}

/** The element string of elements, with separators exactly where they are needed. */
export function toElementString(elements: readonly Element[]): string {
  return elements.map(({ ai, value }, index) => `${ai}${value}${index === elements.length - 1 || PREDEFINED_LENGTHS.has(ai.slice(0, 2)) ? '' : GROUP_SEPARATOR}`).join('')
}

/** The form that people read and labels print below the bars. */
export const toBracketed = (elements: readonly Element[]): string => elements.map(({ ai, value }) => `(${ai})${value.replaceAll(/[()\\]/g, '\\$&')}`).join('')
