// Query and path arrive as text. Their schema says what each piece should become; what does not convert is left as text
// and refused by the validator, so that there is one judge.
import { type ProblemError, Problem } from '../../kernel/problem.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { isCleanText, pointerToken } from './json-text.ts'

type Turn = (text: string) => unknown
export interface Piece {
  readonly isList: boolean
  readonly turn: Turn
  readonly fallback: unknown
}
export interface Pieces {
  readonly named: ReadonlyMap<string, Piece>
  /** Whole families of names, by `patternProperties`. */
  readonly patterns: readonly (readonly [RegExp, Piece])[]
}

const keep: Turn = (text) => text
const toNumber: Turn = (text) => (/^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?$/.test(text) ? Number(text) : text)
const toBoolean: Turn = (text) => (text === 'true' ? true : text === 'false' ? false : text)

function turnOf(schema: unknown): Turn {
  if (!isRecord(schema)) return keep
  const choices: unknown = schema['anyOf']
  const kinds = isList(choices) ? choices.map((choice: unknown) => (isRecord(choice) ? choice['type'] : null)) : [schema['type']]
  if (kinds.includes('string')) return keep
  if (kinds.includes('integer') || kinds.includes('number')) return toNumber
  return kinds.includes('boolean') ? toBoolean : keep
}

/** How each property of an object schema is read from text. */
export function piecesOf(schema: unknown): Pieces {
  const partsOf = (key: string): [string, Piece][] => Object.entries(isRecord(schema) && isRecord(schema[key]) ? schema[key] : {}).map(([name, property]) => {
    const isList = isRecord(property) && property['type'] === 'array'
    return [name, { isList, turn: turnOf(isList ? property['items'] : property), fallback: isRecord(property) ? property['default'] : undefined }]
  })
  return { named: new Map(partsOf('properties')), patterns: partsOf('patternProperties').map(([pattern, piece]) => [new RegExp(pattern, 'u'), piece]) }
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))
const fault = (area: string, name: string, code: string, message: string): ProblemError => ({ pointer: `/${area}/${pointerToken(name)}`, code, message })
export const refusal = (detail: string, errors: readonly ProblemError[]): Problem => new Problem('bad_request', detail, { errors })

/** Reads a query string by its pieces. Unknown, repeated and badly encoded parameters are refused; defaults are filled in. */
export function readQuery(search: string, { named, patterns }: Pieces): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const faults: ProblemError[] = []
  for (const pair of search === '' ? [] : search.split('&', 200)) {
    if (pair === '') continue
    const cut = pair.indexOf('=')
    let name: string
    let value: string
    try {
      name = decode(cut < 0 ? pair : pair.slice(0, cut))
      value = cut < 0 ? '' : decode(pair.slice(cut + 1))
    } catch {
      throw refusal('The query is not valid.', [{ pointer: '/query', code: 'encoding', message: 'A parameter is not valid percent-encoded UTF-8.' }])
    }
    const piece = named.get(name) ?? patterns.find(([pattern]) => pattern.test(name))?.[1]
    if (piece === undefined) faults.push(fault('query', name.slice(0, 100), 'unknown', 'There is no such parameter.'))
    else if (!isCleanText(value)) faults.push(fault('query', name, 'text', 'Must not contain the NUL character.'))
    else if (piece.isList) {
      const list = values[name]
      values[name] = [...(isList(list) ? list : []), piece.turn(value)]
    } else if (Object.hasOwn(values, name)) faults.push(fault('query', name, 'duplicate', 'Was given more than once.'))
    else values[name] = piece.turn(value)
  }
  if (faults.length > 0) throw refusal('The query is not valid.', faults.slice(0, 20))
  for (const [name, piece] of named) if (piece.fallback !== undefined && !Object.hasOwn(values, name)) values[name] = piece.fallback
  return values
}

/** Reads the parameters of a path by their pieces. */
export function readParams(raw: unknown, { named }: Pieces): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, piece] of named) {
    const text: unknown = isRecord(raw) ? raw[name] : undefined
    if (typeof text !== 'string') continue
    if (!isCleanText(text)) throw refusal('The path is not valid.', [fault('path', name, 'text', 'Must not contain the NUL character.')])
    values[name] = piece.turn(text)
  }
  return values
}
