// A transaction of one organization. It can only be had from a door, which has sealed the organization into it.
import type { Ctx, Permission } from '../../kernel/access.ts'
import type { EventPayload, EventType } from '../../kernel/event.ts'
import { newId, type Id, type OrganizationId } from '../../kernel/ids.ts'
import { notFound } from '../../kernel/problem.ts'
import { problemOf } from './errors.ts'
import { readRows } from './row.ts'
import type { Mode, Statement } from './statement.ts'
import type { Call, Param, Result, Wire } from './wire.ts'

/** One entry of the audit row: what was done to which thing. `before` and `after` hold only what changed. */
export interface Change {
  readonly entity: string
  readonly id: string
  readonly action: string
  readonly before?: unknown
  readonly after?: unknown
}
/** An event waiting for its commit. */
export interface Emitted {
  readonly id: Id<'Event'>
  readonly topic: string
  readonly aggregate: string
  readonly aggregateId: string
  readonly payload: unknown
}

const savepoint: Call = { name: 'bss_part', text: 'savepoint part', params: [] }
const keepPart: Call = { name: 'bss_part_keep', text: 'release savepoint part', params: [] }
const undoPart: Call = { name: 'bss_part_undo', text: 'rollback to savepoint part', params: [] }

export class Tx<M extends Mode, P extends Permission> {
  declare readonly mode: M extends 'write' ? { readonly read: true; readonly write: true } : { readonly read: true }
  declare readonly granted: { readonly [K in P]: true }
  readonly #ctx: Ctx<P>
  readonly #send: (calls: readonly Call[]) => Promise<Result[]>
  readonly #changes: Change[]
  readonly #events: Emitted[]

  /** Only platform/db makes one (tidy checks it). */
  constructor(ctx: Ctx<P>, send: (calls: readonly Call[]) => Promise<Result[]>, changes: Change[], events: Emitted[]) {
    this.#ctx = ctx
    this.#send = send
    this.#changes = changes
    this.#events = events
  }

  get organizationId(): OrganizationId {
    return this.#ctx.organizationId
  }
  get actorName(): string {
    return this.#ctx.facts.actor.name
  }

  /** All rows. The organization is the first parameter already: `params` start at `$2`. */
  async rows<R>(statement: Statement<M extends 'write' ? Mode : 'read', P, R>, params: readonly Param[] = []): Promise<R[]> {
    const call: Call = { name: statement.name, text: statement.text, params: [this.organizationId, ...params] }
    try {
      const [result] = await this.#send([call])
      return decode(statement, result)
    } catch (error) {
      throw problemOf(error, statement.refusals)
    }
  }
  /** The first row, or null. */
  async maybe<R>(statement: Statement<M extends 'write' ? Mode : 'read', P, R>, params: readonly Param[] = []): Promise<R | null> {
    return (await this.rows(statement, params))[0] ?? null
  }
  /** The first row, or the `not_found` that a foreign id gets as well. */
  async one<R>(what: string, statement: Statement<M extends 'write' ? Mode : 'read', P, R>, params: readonly Param[] = []): Promise<R> {
    const row = await this.maybe(statement, params)
    if (row === null) throw notFound(what)
    return row
  }

  /** Records what happened; the event is stored with the commit and delivered after it, in order per aggregate. */
  emit<E extends EventType>(this: Tx<'write', P>, event: E, aggregateId: string, payload: EventPayload<E>): void {
    this.#events.push({ id: newId(), topic: event.name, aggregate: event.aggregate, aggregateId, payload })
  }
  /** Names a changed thing in the audit row that the door writes at the commit. */
  changed(this: Tx<'write', P>, change: Change): void {
    this.#changes.push(change)
  }
  /**
   * Does a part that may be refused by itself: when it throws, the rows, the audit and the events are as they were before it, the error
   * goes on, and the transaction can go on as well. A deadlock is no refusal: let it pass, and the door does the whole work again.
   */
  async attempt<T>(this: Tx<'write', P>, work: () => Promise<T>): Promise<T> {
    const [changes, events] = [this.#changes.length, this.#events.length]
    await this.#send([savepoint])
    try {
      const value = await work()
      await this.#send([keepPart])
      return value
    } catch (error) {
      await this.#send([undoPart])
      await this.#send([keepPart]) // On its own: a statement that is new to the connection cannot be parsed before the part is undone.
      this.#changes.length = changes
      this.#events.length = events
      throw error
    }
  }
  /** Lets a lower room act with a right the caller was not asked for. Allowed in a room's index.ts only (tidy checks it). */
  lend<Q extends Permission>(permission: Q): Tx<M, P | Q> {
    void permission
    return new Tx(this.#ctx as unknown as Ctx<P | Q>, this.#send, this.#changes, this.#events) // The room's face vouches for it; the organization stays the same.
  }
}

/** Reads a result by its statement's shape. */
export function decode<R>(statement: Statement<Mode, Permission, R>, result: Result | undefined): R[] {
  if (result === undefined) throw new TypeError('The database gave no result.')
  return readRows(statement.shape, result.fields, result.rows) as R[] // The shape is the run-time form of R: both come from the same declaration.
}

/** Sends on a wire. */
export const sender = (wire: Wire) => (calls: readonly Call[]): Promise<Result[]> => wire.send(calls)
