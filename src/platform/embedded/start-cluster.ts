import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Account } from './account.ts'
import { chooseAccount, giveTreeTo, inheritOwner, requireWayTo } from './account.ts'
import type { Binaries } from './binaries.ts'
import { findBinaries } from './binaries.ts'
import { ClusterError, explainSystemError } from './cluster-error.ts'
import { EmbeddedCluster, serverTitle } from './cluster.ts'
import type { ClusterPlan, Which } from './cluster.ts'
import type { Home, Remembered } from './home.ts'
import { openHome, readSecrets, recall, remember, removeUnfinished, requireSoundData } from './home.ts'
import { initializePrimary } from './initialize.ts'
import { clearLeftovers, endUnfinished } from './leftovers.ts'
import type { Lock } from './lock.ts'
import { takeLock } from './lock.ts'
import { settlePort } from './ports.ts'
import { requireNotPromoted } from './replica.ts'
import { requireSafeSettings } from './settings.ts'

export interface ClusterOptions {
  /** Absolute path of the folder that holds everything; made when missing. */
  readonly dataDir: string
  readonly replica: boolean
  /** There is no other way to run it: acknowledged data is on the disk. The word exists to be read. */
  readonly durable?: true
  readonly settings?: Readonly<Record<string, string>>
  readonly onProgress?: (step: string) => void
  /** Fixed ports. Without them free ones are chosen once and kept. */
  readonly primaryPort?: number
  readonly replicaPort?: number
  /** How long one server may take, crash recovery included. */
  readonly secondsToStart?: number
  /** Marks a test's cluster, the only kind that `destroyCluster` agrees to delete. */
  readonly temporary?: true
}

export interface Cluster {
  /** What a managed service would hand us: LOGIN CREATEROLE CREATEDB, owner of the database, no superuser. */
  readonly primaryUrl: string
  readonly replicaUrls: readonly string[]
  /** For tests and backups only. */
  readonly superuserUrl: string
  readonly primaryPort: number
  readonly replicaPort: number | null
  stop(): Promise<void>
  /** As a power cut: the postmaster and its children, with SIGKILL. */
  kill(which: Which): Promise<void>
  start(which: Which): Promise<void>
}

/** Starts the embedded PostgreSQL of a data folder, making it first if need be. Fails with a `ClusterError`. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  requireSafeSettings(options.settings ?? {})
  const binaries = findBinaries()
  let lock: Lock | undefined
  try {
    const home = openHome(options.dataDir)
    lock = takeLock(home.lock, home.folder)
    return await startLocked(options, home, lock, binaries)
  } catch (error) {
    lock?.release()
    throw explainSystemError(error, options.dataDir)
  }
}

/** Stops and deletes a cluster that was started as `temporary`, also one whose process was killed. */
export async function destroyCluster(dataDir: string): Promise<void> {
  let lock: Lock | undefined
  try {
    const home = openHome(dataDir)
    lock = takeLock(home.lock, home.folder)
    const { id, temporary } = recall(home)
    if (!temporary) throw new ClusterError('foreign-folder', `${home.folder} is not a temporary cluster and is not deleted.`)
    await endUnfinished(home.folder)
    for (const which of ['primary', 'replica'] as const) await clearLeftovers(home[which], serverTitle(id, which))
    rmSync(home.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  } catch (error) {
    throw explainSystemError(error, dataDir)
  } finally {
    lock?.release()
  }
}

async function startLocked(options: ClusterOptions, home: Home, lock: Lock, binaries: Binaries): Promise<Cluster> {
  const onProgress = options.onProgress ?? (() => undefined)
  requireSoundData(home, binaries.major)
  requireNotPromoted(home.replica)
  const known = recall(home)
  const facts = { ...known, temporary: known.temporary || (options.temporary === true && !existsSync(home.primary)) }
  remember(home, facts)
  mkdirSync(home.logs, { recursive: true, mode: 0o700 })
  inheritOwner(home.logs)
  await endUnfinished(home.folder)
  removeUnfinished(home)
  const account = prepareAccount(home, binaries)
  const secrets = readSecrets(home)
  // Before the ports are chosen: a leftover server still sits on the ones we want to keep.
  for (const which of ['primary', 'replica'] as const) await clearLeftovers(home[which], serverTitle(facts.id, which))
  if (!existsSync(home.primary)) {
    onProgress('Creating the database')
    await initializePrimary(home.primary, binaries, account, secrets)
  }
  const base = { home, lock, binaries, account, secrets, id: facts.id, settings: options.settings ?? {}, secondsToStart: options.secondsToStart ?? 120, onProgress }
  return await raiseOnPorts(options, facts, (ports) => new EmbeddedCluster({ ...base, ports }), home)
}

/** Between our look at a port and the server's `bind` somebody may take it; then other ports are tried, unless they are fixed. */
async function raiseOnPorts(options: ClusterOptions, facts: Remembered, build: (ports: ClusterPlan['ports']) => EmbeddedCluster, home: Home): Promise<Cluster> {
  let remembered = facts
  for (let attempt = 1; ; attempt += 1) {
    const primary = await settlePort(options.primaryPort, remembered.primaryPort, [])
    const replica = options.replica ? await settlePort(options.replicaPort, remembered.replicaPort, [primary]) : null
    remembered = { ...remembered, primaryPort: primary, replicaPort: replica ?? remembered.replicaPort }
    remember(home, remembered)
    const cluster = build({ primary, replica })
    try {
      await cluster.start('primary')
      if (options.replica) await cluster.start('replica')
      else await cluster.giveUpReplica()
      return cluster
    } catch (error) {
      await cluster.abandon()
      const isBadLuck = error instanceof ClusterError && error.failure === 'port-taken' && attempt < 4
      if (!isBadLuck) throw error
    }
  }
}

function prepareAccount(home: Home, binaries: Binaries): Account | null {
  const account = chooseAccount([home.primary, home.replica])
  requireWayTo(home.folder, account)
  requireWayTo(dirname(binaries.postgres), account)
  for (const dir of [home.primary, home.replica]) if (existsSync(dir)) giveTreeTo(account, dir)
  return account
}
