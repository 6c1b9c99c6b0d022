// The SDK is the contract read backwards: one typed method per operation. It runs in browsers and in Node alike.
import type Type from 'typebox'
import type { Api, Operation } from './contract.ts'
import { isList, isRecord } from './json.ts'
import { apiErrorOf, type Sender } from './sender.ts'

export { ApiError, fetchSender, type FetchSenderOptions, type Sender } from './sender.ts'

type Exact<T> = { [K in keyof T]: T[K] }
/** A part of the call: absent when the operation has none, optional when everything in it is. */
type Part<Name extends string, S> = S extends Type.TSchema ? ({} extends Type.Static<S> ? { readonly [K in Name]?: Type.Static<S> } : { readonly [K in Name]: Type.Static<S> }) : unknown
type BodyPart<O extends Operation> = O['lines'] extends true
  ? { readonly lines: AsyncIterable<BodyOf<O>, unknown, unknown> | Iterable<BodyOf<O>> }
  : O['body'] extends Type.TSchema ? { readonly body: BodyOf<O> } : unknown
type BodyOf<O extends Operation> = O['body'] extends Type.TSchema ? Type.Static<O['body']> : never
type KeyPart<O extends Operation> = O['method'] extends 'GET' ? unknown : O['lines'] extends true ? unknown : { readonly idempotencyKey?: string }
/** The row version that was read last: `order.rowVersion`. */
type MatchPart<O extends Operation> = O['ifMatch'] extends true ? { readonly ifMatch: number } : unknown

/** What a method takes: exactly the fields its operation has. */
export type CallOf<O extends Operation> = Exact<Part<'params', O['params']> & Part<'query', O['query']> & BodyPart<O> & KeyPart<O> & MatchPart<O>>
export type ResultOf<O extends Operation> = O['lines'] extends true ? AsyncIterable<Type.Static<O['returns']>, unknown, unknown> : Promise<O['status'] extends 204 ? undefined : Type.Static<O['returns']>>
export type Client<A extends Api> = {
  readonly [K in keyof A]: {} extends CallOf<A[K]> ? (call?: CallOf<A[K]>) => ResultOf<A[K]> : (call: CallOf<A[K]>) => ResultOf<A[K]>
}

/** A call as the client sees it at run time, whatever the operation. */
export interface AnyCall {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly lines?: AsyncIterable<unknown, unknown, unknown> | Iterable<unknown, unknown, unknown>
  readonly idempotencyKey?: string
  readonly ifMatch?: number
}

/** One method per operation of the contract. */
export function clientOf<const A extends Api>(api: A, sender: Sender): Client<A> {
  const methods = Object.entries<Operation>(api).map(([name, operation]) => [
    name,
    operation.lines === true ? (call: AnyCall) => streamCall(name, operation, call, sender) : (call: AnyCall = {}) => plainCall(name, operation, call, sender),
  ])
  return Object.fromEntries(methods) as Client<A> // Built from the same contract, key by key; the mapped type says what fromEntries cannot.
}

/** Calls an operation that is known at run time only: what the command line does. The answer is whatever its contract says. */
export async function plainCall(name: string, operation: Operation, call: AnyCall, sender: Sender): Promise<unknown> {
  const headers: Record<string, string> = {}
  if (call.ifMatch !== undefined) headers['if-match'] = `"${call.ifMatch}"`
  // A key of our own makes a repeated POST harmless, even when the caller never thought of it.
  const key = call.idempotencyKey ?? (operation.method === 'POST' && operation.needs !== 'public' ? globalThis.crypto.randomUUID() : undefined)
  if (key !== undefined) headers['idempotency-key'] = key
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  const body = call.body === undefined ? null : JSON.stringify(call.body)
  const response = await sender({ operation: name, method: operation.method, path: pathOf(operation, call), headers, body, isRepeatable: operation.method === 'GET' || key !== undefined })
  const text = await response.text()
  if (text === '') return undefined
  const value: unknown = JSON.parse(text)
  return value // The server has checked it against the same contract before it sent it.
}

/** The same for an operation with `lines`. */
export async function* streamCall(name: string, operation: Operation, call: AnyCall, sender: Sender): AsyncGenerator<unknown, void, void> {
  const headers = { 'content-type': 'application/x-ndjson' }
  const sending = { isOver: false }
  try {
    const response = await sender({ operation: name, method: operation.method, path: pathOf(operation, call), headers, body: ndjsonOf(call.lines ?? [], sending), isRepeatable: false })
    for await (const line of linesOf(response.pieces())) {
      const value: unknown = JSON.parse(line)
      if (isRecord(value) && isRecord(value['problem']) && Object.keys(value).length === 1) throw apiErrorOf(Number(value['problem']['status'] ?? 500), value['problem'], null)
      yield value
    }
  } finally {
    // The answer has ended, or nobody reads it: an endless source must not be sent on into nothing.
    sending.isOver = true
  }
}

const CHUNK_CHARS = 16_384

/** Lines gathered into pieces of a decent size: a write per line would cost more than the line. */
async function* ndjsonOf(values: AsyncIterable<unknown, unknown, unknown> | Iterable<unknown, unknown, unknown>, sending: { readonly isOver: boolean }): AsyncGenerator<string, void, void> {
  if (Symbol.asyncIterator in values) {
    // The next value may be long in coming; what is there goes out at once.
    for await (const value of values) {
      if (sending.isOver) return
      yield `${JSON.stringify(value)}\n`
    }
    return
  }
  let chunk = ''
  for (const value of values) {
    chunk += `${JSON.stringify(value)}\n`
    if (chunk.length < CHUNK_CHARS) continue
    if (sending.isOver) return
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

async function* linesOf(pieces: AsyncIterable<Uint8Array, unknown, unknown>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield line
  }
  if (rest !== '') yield rest
}

// Path and query hold texts, numbers and booleans; anything else would not have passed its schema.
const textOf = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value))

function pathOf(operation: Operation, call: AnyCall): string {
  const path = operation.path.replaceAll(/\{([A-Za-z0-9]+)\}/g, (_whole, name: string) => encodeURIComponent(textOf(call.params?.[name])))
  const query = Object.entries(call.query ?? {}).flatMap(([name, value]) => (isList(value) ? value : [value]).map((item: unknown) => [name, item] as const))
  const pairs = query.filter(([, item]) => item !== undefined).map(([name, item]) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(item))}`)
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}
