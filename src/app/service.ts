// Puts a running service together: doors, rooms, HTTP server, worker. Everything arrives as an argument; nothing is global.
import { openDatabase, type Database } from '../platform/db/database.ts'
import { onRevoked } from '../platform/db/listen.ts'
import { refuseBrokenWalls } from '../platform/db/walls/at-boot.ts'
import type { HttpConfig } from '../platform/http/config.ts'
import type { ReadinessCheck } from '../platform/http/public.ts'
import { createServer } from '../platform/http/server.ts'
import { startWorker } from '../platform/jobs/worker.ts'
import type { Log } from '../platform/log/log.ts'
import { createOutbound, type OutboundOptions } from '../platform/outbound/outbound.ts'
import { partsOf } from './parts.ts'
import { authenticateWith, chores, pagesOf, reactions, roundsOf, routesOf } from './rooms.ts'

export interface ServiceOptions {
  readonly primaryUrl: string
  readonly replicaUrls: readonly string[]
  readonly secret: Uint8Array
  readonly log: Log
  readonly http: Partial<HttpConfig> | null
  readonly withWorker: boolean
  readonly poolSize?: number
  /** Where the service may go at the wish of a customer, beside the public internet. */
  readonly outbound?: OutboundOptions
  /** The demo's identity providers, on this machine and without TLS. Never in production. */
  readonly allowsLocalProviders?: boolean
  /** How TXT records are looked up; by the DNS when nothing is said. */
  readonly resolveTxt?: (name: string) => Promise<readonly string[]>
}
export interface Service {
  /** Address of the API; null when this process is a worker only. */
  readonly url: string | null
  stop(): Promise<void>
}

/** Starts the API, the worker, or both. Throws when the walls are broken (naming rule and object) or the port is taken. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { log } = options
  await refuseBrokenWalls({ url: options.primaryUrl, secret: options.secret })
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each()
  }
  try {
    const worker = options.withWorker ? workerOf(options, stops) : null
    const url = options.http === null ? null : await apiOf(options, options.http, stops, worker)
    log.info({ url, worker: options.withWorker }, 'the service is up')
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const waysOf = ({ outbound, allowsLocalProviders = false, resolveTxt }: ServiceOptions) => ({
  outbound: createOutbound(outbound), allowsLocalProviders, ...(resolveTxt === undefined ? {} : { resolveTxt }),
})

type Worker = ReturnType<typeof startWorker>

function workerOf(options: ServiceOptions, stops: (() => Promise<void>)[]): Worker {
  const database = openDatabase({ ...options, role: 'bss_worker', poolSize: 4, lanes: 1 })
  stops.push(() => database.close())
  const worker = startWorker({ database, reactions, chores, rounds: roundsOf(partsOf(database, options.secret, waysOf(options))), log: options.log })
  stops.push(() => worker.stop())
  return worker
}

/** A worker that has not ended a round for this long is reported by /readyz. */
const WORKER_SILENT_MS = 15_000
/** A replica may be this far behind before /readyz says so; reads stay right in any case, they only move to the primary. */
const REPLICA_LAG_BYTES = 64 * 1024 * 1024

/** Events wait this long when the worker cannot keep up or cannot deliver; after a large import they may wait for minutes. */
const OUTBOX_AGE_MS = 300_000

function readinessOf({ primary, replicas }: Awaited<ReturnType<Database['health']>>, worker: Worker | null): ReadinessCheck[] {
  const oldestMs = worker?.oldestEventMs() ?? null
  return [
    { name: 'primary', isOk: primary.isUp },
    ...replicas.map(({ isUp, lagBytes, detail }, index) => ({
      name: `replica ${index + 1}`, isOk: isUp && (lagBytes ?? 0) < REPLICA_LAG_BYTES,
      detail: lagBytes === null && !isUp ? 'does not answer as a replica' : detail,
    })),
    ...(worker === null ? [] : [
      { name: 'worker', isOk: worker.silentMs() < WORKER_SILENT_MS },
      { name: 'outbox', isOk: (oldestMs ?? 0) < OUTBOX_AGE_MS, detail: oldestMs === null ? 'no event waits' : `the oldest event has waited for ${(oldestMs / 1000).toFixed(1)} s` },
    ]),
  ]
}

async function apiOf(options: ServiceOptions, http: Partial<HttpConfig>, stops: (() => Promise<void>)[], worker: Worker | null): Promise<string> {
  const database = openDatabase({ ...options, role: 'bss_app' })
  stops.push(() => database.close())
  const clock = { nowMs: () => Date.now() }
  // Known once the server listens, which is after its routes are made.
  let origin = http.publicUrl ?? ''
  const parts = partsOf(database, options.secret, { ...waysOf(options), origin: () => origin })
  const server = createServer({
    routes: routesOf(parts),
    pages: pagesOf(parts),
    aliases: { '/epcis/': '/api/v1/epcis/' },
    authenticate: authenticateWith(database, clock),
    log: options.log,
    clock,
    config: http,
    isReady: async () => readinessOf(await database.health(), worker),
  })
  const listening = onRevoked({ url: options.primaryUrl, secret: options.secret, log: options.log, principals: server.principals })
  stops.push(() => listening.stop())
  await listening.started
  const { url } = await server.listen()
  origin = http.publicUrl ?? url
  stops.push(() => server.stop())
  return url
}
