// Binds a room's contract to its handlers. Pure: nothing is registered or opened here. Validators are compiled once.
import type Type from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { type Ctx, type Permission, PERMISSIONS, PLATFORM_PERMISSIONS } from '../../kernel/access.ts'
import { type Api, type Handlers, type Line, neededPermissions, type Operation } from '../../kernel/contract.ts'
import { closed } from './closed.ts'
import { type Pieces, piecesOf } from './coerce.ts'

/** What the server hands to a handler: exactly the `Input` of the operation, as the pipeline sees it. */
export interface AnyInput {
  readonly ctx: Ctx<Permission> | null
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly lines: AsyncIterable<Line<unknown>, unknown, unknown> | undefined
  readonly expectedVersion: number | undefined
  readonly next: ((token: string) => void) | undefined
}

/** A closed schema with its compiled check. */
export interface Checked {
  readonly schema: Type.TSchema
  readonly validator: Validator
}

/** One operation of one room, ready to be served. */
export interface Route {
  readonly room: string
  /** `orders.placeOrder`: names the request in logs, audit and OpenAPI. */
  readonly name: string
  readonly operation: Operation
  readonly permissions: readonly Permission[]
  readonly params: Checked | null
  readonly query: Checked | null
  readonly body: Checked | null
  readonly returns: Checked
  readonly paramPieces: Pieces
  readonly queryPieces: Pieces
  /** Lines answer with an AsyncIterable, everything else with a Promise. */
  readonly handle: (input: AnyInput) => unknown
}

const known: ReadonlySet<string> = new Set([...PERMISSIONS, ...PLATFORM_PERMISSIONS])
const PATH = /^(\/([A-Za-z0-9_.-]+(:[A-Za-z]+)?|\{[A-Za-z][A-Za-z0-9]*\}))+$/
export const pathParams = (path: string): readonly string[] => [...path.matchAll(/\{([A-Za-z0-9]+)\}/g)].map((match) => match[1] ?? '')

/** A contract that contradicts itself is refused when the process starts, not when the first request arrives. */
function checkOperation(name: string, operation: Operation): void {
  const refuse = (sentence: string): never => {
    throw new Error(`Contract of ${name}: ${sentence}`)
  }
  if (!PATH.test(operation.path)) refuse(`the path ${operation.path} is not of the form /api/v1/things/{thingId}/verb.`)
  const inPath = pathParams(operation.path).toSorted().join()
  const declared = Object.keys(operation.params?.properties ?? {}).toSorted().join()
  if (inPath !== declared) refuse(`the path has the parameters [${inPath}] and the schema [${declared}].`)
  if (operation.method === 'GET' && operation.body !== undefined) refuse('GET has no body.')
  if (operation.nextBy !== undefined && !Object.hasOwn(operation.query?.properties ?? {}, operation.nextBy)) refuse(`the query has no parameter ${operation.nextBy}.`)
  if (operation.lines === true && operation.body === undefined) refuse('`lines` needs a body: the schema of one line.')
  if (operation.lines === true && (operation.idempotencyKey !== undefined || operation.status !== 200)) refuse('a stream answers 200, and its idempotency is per line.')
  if (operation.needs === 'public' && operation.idempotencyKey !== undefined) refuse('a public operation has no organization that could keep an Idempotency-Key.')
  for (const permission of neededPermissions(operation)) if (!known.has(permission)) refuse(`there is no permission ${permission}.`)
}

function checked(schema: Type.TSchema | undefined): Checked | null {
  if (schema === undefined) return null
  const shut = closed(schema)
  return { schema: shut, validator: Compile(shut) }
}

/** The operations of `room` with their handlers: what `createServer` serves. */
export function implement<const A extends Api>(room: string, api: A, handlers: Handlers<A>): readonly Route[] {
  return Object.entries<Operation>(api).map(([key, operation]) => {
    const name = `${room}.${key}`
    checkOperation(name, operation)
    const handle: unknown = handlers[key]
    if (typeof handle !== 'function') throw new Error(`Contract of ${name}: there is no handler.`)
    const returns = checked(operation.returns)
    if (returns === null) throw new Error(`Contract of ${name}: there is no schema of the answer.`)
    const params = checked(operation.params)
    const query = checked(operation.query)
    return {
      room,
      name,
      operation,
      permissions: neededPermissions(operation),
      params,
      query,
      body: checked(operation.body),
      returns,
      paramPieces: piecesOf(params?.schema),
      queryPieces: piecesOf(query?.schema),
      // The compiler checked the handler against `Input<O>` at the call; the pipeline builds exactly that from the same operation.
      handle: handle as Route['handle'],
    }
  })
}
