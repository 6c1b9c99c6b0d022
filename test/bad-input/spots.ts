// Every place in a body that the schema of an operation knows, with a valid value standing there or not.
import type Type from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { isList, isRecord } from '../../src/kernel/json.ts'
import { pointerToken } from '../../src/platform/http/json-text.ts'
import { sampleOf } from '../../src/platform/http/sample.ts'

export type Schema = Type.TSchema & Readonly<Record<string, unknown>>
export type Step = string | number
export interface Spot {
  readonly path: readonly Step[]
  readonly pointer: string
  readonly schema: Schema
  readonly validator: Validator
  readonly isRequired: boolean
  /** What stands there in the valid body, or a sample where the example leaves an optional field out. */
  readonly value: unknown
}

export const pointerOf = (path: readonly Step[]): string => path.map((step) => `/${pointerToken(step)}`).join('')

/** The kind of a schema behind `… or null`. */
export const meant = (schema: Schema): Schema => {
  const choices = [...(isList(schema['anyOf']) ? schema['anyOf'] : [])].filter(isRecord).filter((choice) => choice['type'] !== 'null')
  return choices.length === 1 && choices[0] !== undefined ? choices[0] : schema
}

export function spotsOf(schema: Schema, value: unknown, path: readonly Step[] = [], isRequired = true): Spot[] {
  const standing = value === undefined ? sampleOf(schema) : value
  const spot: Spot = { path, pointer: pointerOf(path), schema, validator: Compile(schema), isRequired, value: standing }
  const inner = meant(schema)
  const { properties, required, items } = inner
  if (isRecord(properties)) {
    const needed = isList(required) ? required : []
    return [spot, ...Object.entries(properties).flatMap(([name, property]) => (isRecord(property) ? spotsOf(property, isRecord(standing) ? standing[name] : undefined, [...path, name], needed.includes(name)) : []))]
  }
  if (isRecord(items)) return [spot, ...spotsOf(items, isList(standing) ? standing[0] : undefined, [...path, 0], false)]
  return [spot]
}

/** The body with another value in one place; what is missing on the way there is taken from the spots. */
export function withValue(body: unknown, path: readonly Step[], value: unknown, spots: readonly Spot[], at: readonly Step[] = []): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  const here = body ?? spots.find(({ pointer }) => pointer === pointerOf(at))?.value
  const inner = (old: unknown): unknown => withValue(old, rest, value, spots, [...at, step])
  if (typeof step === 'number') return isList(here) && here.length > 0 ? here.map((each, index) => (index === step ? inner(each) : each)) : [inner(undefined)]
  const record = isRecord(here) ? here : {}
  return { ...record, [step]: inner(record[step]) }
}

export function without(body: unknown, path: readonly Step[]): unknown {
  const [step, ...rest] = path
  if (isList(body)) return body.map((each, index) => (index === step ? without(each, rest) : each))
  if (!isRecord(body)) return body
  if (rest.length === 0) return Object.fromEntries(Object.entries(body).filter(([name]) => name !== step))
  return Object.fromEntries(Object.entries(body).map(([name, each]) => [name, name === step ? without(each, rest) : each]))
}
