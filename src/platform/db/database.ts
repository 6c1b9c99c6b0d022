// The doors. The pools are not exported: whoever wants the database comes through here, with the context of one organization.
import type { Ctx, Permission } from '../../kernel/access.ts'
import type { OrganizationId } from '../../kernel/ids.ts'
import { invariant } from '../../kernel/problem.ts'
import { createSealer, rolePassword } from '../crypto/seal.ts'
import { vaultOf, type Vault } from '../crypto/vault.ts'
import { homeOf, organizationsToAskCarriers, organizationsToChain, organizationsToStream, organizationsToTend, organizationsWithEvents, type Home } from './before-context.ts'
import type { Command } from './command.ts'
import { runCommand } from './command.ts'
import { findCredential, noteCredentialUse, type Credential } from './credentials.ts'
import { databaseHealth, type DatabaseHealth } from './health.ts'
import type { Doors } from './doors.ts'
import { Lanes } from './lane.ts'
import { Pool, wireConfig, type PoolOptions } from './pool.ts'
import { readBatch, readWork, type Query, type Results } from './read-door.ts'
import { Replicas } from './replica.ts'
import { SystemTx } from './system.ts'
import type { Tx } from './tx.ts'
import { writeWork } from './write-door.ts'

export interface DatabaseOptions {
  readonly primaryUrl: string
  readonly replicaUrls: readonly string[]
  /** At least 32 bytes; seals contexts and derives the roles' passwords. */
  readonly secret: Uint8Array
  /** Which login role this process works as. */
  readonly role: 'bss_app' | 'bss_worker'
  readonly poolSize?: number
  readonly lanes?: number
}

export interface Database {
  /** A transaction on the primary. Audit, events and the Idempotency-Key are taken care of; deadlocks are tried again. */
  write<P extends Permission, T>(ctx: Ctx<P>, work: (tx: Tx<'write', P>) => Promise<T>): Promise<T>
  /** As `write`, for the service's own queues and clean-ups: an audit row only when a business thing was changed. */
  housekeep<P extends Permission, T>(ctx: Ctx<P>, work: (tx: Tx<'write', P>) => Promise<T>): Promise<T>
  /** Ids of organizations with events due, and nothing else of them: the worker then enters each. Only the worker's role may ask. */
  organizationsWithEvents(limit: number): Promise<OrganizationId[]>
  /** The same for audit entries to be tied on to their chain, and for those to be sent to a receiver. */
  organizationsToChain(limit: number): Promise<OrganizationId[]>
  organizationsToStream(limit: number): Promise<OrganizationId[]>
  /** The same for what carriers are to be asked. */
  organizationsToAskCarriers(limit: number): Promise<OrganizationId[]>
  /** The same for chores: active organizations after one id, in order. */
  organizationsToTend(after: OrganizationId | null, limit: number): Promise<OrganizationId[]>
  /** A read-only snapshot on a replica (or the primary), never older than the caller's own writes. */
  read<P extends Permission, T>(ctx: Ctx<P>, work: (tx: Tx<'read', P>) => Promise<T>): Promise<T>
  /** Several reads in one round trip. Each sees its own snapshot: what must agree belongs into one statement, or into `read`. */
  fetch<P extends Permission, const Q extends readonly Query<P, unknown>[]>(ctx: Ctx<P>, ...queries: Q): Promise<Results<Q>>
  /** One statement as one transaction behind the durable barrier: the fast path of commands. */
  command<P extends Permission, R>(ctx: Ctx<P>, command: Command<P, R>): Promise<R[]>
  /** Work across organizations: definer functions of the platform only. Call sites are counted; the number goes down, not up. */
  acrossOrganizations<T>(why: string, work: (tx: SystemTx) => Promise<T>): Promise<T>
  /** Whether primary and replicas answer, and how far a replica is behind. */
  health(): Promise<DatabaseHealth>
  /** The single look-up before an organization is known: what the key with this SHA-256 (in hex) stands for, unjudged. */
  findCredential(digest: string): Promise<Credential | null>
  /** Whose organization signs in people of a domain, or has a connection or slug; null for what nobody has. */
  homeOf(home: Home): Promise<OrganizationId | null>
  /** Notes that a key was used, at most once a minute. */
  noteCredentialUse(digest: string): Promise<void>
  /** Seals what must be kept secret and be read again, such as the key of a stream. */
  readonly vault: Vault
  /** For health checks: connections of each door. */
  readonly figures: Readonly<Record<'primary' | 'primaryReads' | 'system', { busy: number; idle: number; waiting: number }>>
  close(): Promise<void>
}

export function openDatabase(options: DatabaseOptions): Database {
  invariant(options.secret.length >= 32, 'the secret has at least 32 bytes')
  const size = options.poolSize ?? 16
  const as = (user: string, url: string, more: Partial<PoolOptions> = {}): PoolOptions => ({
    url, user, password: rolePassword(options.secret, user), size, applicationName: `blue-ship-sync ${options.role}`, ...more,
  })
  const sealer = createSealer(options.secret)
  const writer = as(options.role, options.primaryUrl)
  const doors: Doors = {
    primary: new Pool(writer),
    primaryReads: new Pool(as('bss_reader', options.primaryUrl, { readOnly: true })),
    replicas: new Replicas(options.replicaUrls.map((url) => new Pool(as('bss_reader', url, { readOnly: true })))),
    lanes: new Lanes(wireConfig(writer), options.lanes ?? 2, 12_000),
    seal: (ctx) => sealer({ organizationId: ctx.organizationId, actorId: ctx.facts.actor.id, role: ctx.facts.role, sites: ctx.facts.sites }),
  }
  const system = new Pool(as('bss_admin', options.primaryUrl, { size: 4 }))
  return {
    write: (ctx, work) => writeWork(doors, ctx, work),
    housekeep: (ctx, work) => writeWork(doors, ctx, work, 'when_changed'),
    organizationsWithEvents: (limit) => organizationsWithEvents(doors.primary, limit),
    organizationsToChain: (limit) => organizationsToChain(doors.primary, limit),
    organizationsToStream: (limit) => organizationsToStream(doors.primary, limit),
    organizationsToAskCarriers: (limit) => organizationsToAskCarriers(doors.primary, limit),
    organizationsToTend: (after, limit) => organizationsToTend(doors.primary, after, limit),
    read: (ctx, work) => readWork(doors, ctx, work),
    fetch: (ctx, ...queries) => readBatch(doors, ctx, queries),
    command: (ctx, command) => runCommand(doors, ctx, command),
    acrossOrganizations: (why, work) => system.use((wire) => work(new SystemTx(wire, why, (organizationId, lsn) => doors.replicas.wrote(organizationId, lsn)))),
    health: () => databaseHealth(doors),
    findCredential: (digest) => findCredential(doors.primary, digest),
    homeOf: (home) => homeOf(doors.primary, home),
    noteCredentialUse: (digest) => noteCredentialUse(doors.primary, digest),
    vault: vaultOf(options.secret),
    get figures() {
      return { primary: doors.primary.figures, primaryReads: doors.primaryReads.figures, system: system.figures }
    },
    close: async () => {
      await doors.lanes.close()
      await Promise.all([doors.primary.close(), doors.primaryReads.close(), doors.replicas.close(), system.close()])
    },
  }
}
