// A contract is the one description of a room's operations. Handler types, validation, OpenAPI, the SDK and the access matrix derive from it.
import type Type from 'typebox'
import type { Ctx, Permission } from './access.ts'
import type { ProblemCode } from './problem.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** One permission, or several that are all needed. 'public' must be said aloud: an operation without `needs` does not type-check. */
export type Needs = Permission | readonly Permission[] | 'public'

export interface Operation {
  readonly method: Method
  /** `/api/v1/orders/{orderId}`; a command on a thing is `/api/v1/orders/{orderId}/cancel`. */
  readonly path: `/${string}`
  readonly needs: Needs
  readonly summary: string
  readonly params?: Type.TObject
  readonly query?: Type.TObject
  /** Schema of the JSON body; with `lines` the schema of one NDJSON line. */
  readonly body?: Type.TSchema
  /** The body is NDJSON (or a JSON array), read as a stream; the answer is NDJSON, one result per line, in order. */
  readonly lines?: true
  readonly status: 200 | 201 | 202 | 204
  /** Schema of the answer; with `lines` of one line of the answer. A `rowVersion` in it becomes the ETag. */
  readonly returns: Type.TSchema
  /** Refusals that are particular to this operation; those every operation can give (400, 401, 403, 429, 5xx) go without saying. */
  readonly fails: readonly ProblemCode[]
  /** `If-Match` with the row version is required. */
  readonly ifMatch?: true
  /** The query parameter that asks for the next page. The handler names that page by `next`, and the answer tells it in a `Link` header (RFC 8288). */
  readonly nextBy?: string
  /** `required`: an Idempotency-Key must be sent. POST, PUT, PATCH and DELETE accept one anyway. */
  readonly idempotencyKey?: 'required'
  /** An example body, shown in the API reference and run by the tests. */
  readonly example?: unknown
}
export type Api = Readonly<Record<string, Operation>>

/** Declares the operations of a room; the literal types are kept. */
export const defineApi = <const A extends Api>(api: A): A => api

export const neededPermissions = (operation: Operation): readonly Permission[] =>
  operation.needs === 'public' ? [] : typeof operation.needs === 'string' ? [operation.needs] : operation.needs

type PermissionOf<N extends Needs> = N extends readonly (infer P extends Permission)[] ? P : N extends Permission ? N : never
type StaticOf<S> = S extends Type.TSchema ? Type.Static<S> : undefined

/** One line of a streamed body: parsed and valid, or refused with its reason. Line numbers start at 1. */
export type Line<T> =
  | { readonly line: number; readonly value: T }
  | { readonly line: number; readonly refused: { readonly code: string; readonly pointer: string; readonly message: string } }

export interface Input<O extends Operation> {
  /** Proven: it carries exactly the permissions the operation declares. Public operations get null. */
  readonly ctx: O['needs'] extends 'public' ? null : Ctx<PermissionOf<O['needs']>>
  readonly params: StaticOf<O['params']>
  readonly query: StaticOf<O['query']>
  readonly body: O['lines'] extends true ? undefined : StaticOf<O['body']>
  readonly lines: O['lines'] extends true ? AsyncIterable<Line<StaticOf<O['body']>>, unknown, unknown> : undefined
  /** Row version from If-Match. */
  readonly expectedVersion: O['ifMatch'] extends true ? number : undefined
  /** Says that there is a page after this one, and by which token. */
  readonly next: O['nextBy'] extends string ? (token: string) => void : undefined
}
export type Output<O extends Operation> = O['lines'] extends true ? AsyncIterable<Type.Static<O['returns']>, unknown, unknown> : Promise<Type.Static<O['returns']>>
export type Handlers<A extends Api> = { readonly [K in keyof A]: (input: Input<A[K]>) => Output<A[K]> }
