import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Superuser } from '../db/superuser.ts'
import type { Account } from './account.ts'
import { giveTo } from './account.ts'
import type { Binaries } from './binaries.ts'
import { ClusterError, explainServerOutput, explainSystemError } from './cluster-error.ts'
import type { Home, Secrets } from './home.ts'
import { writeWhole } from './home.ts'
import { DATABASE, PLATFORM_ROLE } from './initialize.ts'
import { clearLeftovers } from './leftovers.ts'
import type { Lock } from './lock.ts'
import { LogFile } from './log-file.ts'
import { pause } from './processes.ts'
import { canContinue, cloneReplica, isStandby } from './replica.ts'
import { Server, title } from './server.ts'
import { accessText, configText, SLOT, socketFolderFor, SUPERUSER } from './settings.ts'
import type { Settings } from './settings.ts'

export type Which = 'primary' | 'replica'

export interface ClusterPlan {
  readonly home: Home
  readonly lock: Lock
  readonly binaries: Binaries
  readonly account: Account | null
  readonly secrets: Secrets
  readonly id: string
  readonly ports: { readonly primary: number; readonly replica: number | null }
  readonly settings: Settings
  readonly secondsToStart: number
  readonly onProgress: (step: string) => void
}

const STREAMING_WITHIN = 10_000

/** The servers of one data folder. Its public methods take their turn, so that a stop never meets a half-done start. */
export class EmbeddedCluster {
  readonly primaryUrl: string
  readonly replicaUrls: readonly string[]
  readonly superuserUrl: string
  readonly primaryPort: number
  readonly replicaPort: number | null
  readonly #plan: ClusterPlan
  readonly #servers = new Map<Which, Server>()
  readonly #logs: Readonly<Record<Which, LogFile>>
  #turn: Promise<unknown> = Promise.resolve()
  #isStopped = false

  constructor(plan: ClusterPlan) {
    const { secrets, ports, home } = plan
    this.#plan = plan
    this.primaryPort = ports.primary
    this.replicaPort = ports.replica
    this.primaryUrl = url(PLATFORM_ROLE, secrets.platform, ports.primary, DATABASE)
    this.replicaUrls = ports.replica === null ? [] : [url(PLATFORM_ROLE, secrets.platform, ports.replica, DATABASE)]
    this.superuserUrl = url(SUPERUSER, secrets.superuser, ports.primary, DATABASE)
    this.#logs = { primary: new LogFile(join(home.logs, 'primary.log')), replica: new LogFile(join(home.logs, 'replica.log')) }
    process.on('exit', this.#onExit)
  }

  async start(which: Which): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#isStopped) throw new ClusterError('did-not-start', 'This cluster was stopped; start a new one.')
      if (this.#isRunning(which)) return
      const from = this.#logs.primary.size()
      try {
        if (which === 'primary') await this.#raise('primary')
        else await this.#raiseReplica()
      } catch (error) {
        throw this.#explain(error, from)
      }
    })
  }

  async kill(which: Which): Promise<void> {
    await this.#inTurn(async () => await this.#servers.get(which)?.kill())
  }

  async stop(): Promise<void> {
    await this.abandon()
    this.#plan.lock.release()
  }

  /** Stops the servers and keeps the folder's lock, for a start that will be tried again. */
  async abandon(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#isStopped) return
      this.#isStopped = true
      await Promise.all([...this.#servers.values()].map((server) => server.stop()))
      process.off('exit', this.#onExit)
    })
  }

  /** Without a replica nobody reads from the slot; left in place it would keep the log for nobody. */
  async giveUpReplica(): Promise<void> {
    if (!existsSync(this.#plan.home.replica)) return
    await Superuser.with(this.superuserUrl, (superuser) => superuser.dropSlot(SLOT))
  }

  /** A primary that dies while we talk to it shows here as a lost connection; its log knows why. */
  #explain(error: unknown, logFrom: number): unknown {
    const explained = explainSystemError(error, this.#plan.home.folder)
    if (explained instanceof ClusterError || !(error instanceof Error)) return explained
    const log = this.#logs.primary.tail(logFrom)
    return /FATAL|PANIC/.test(log) ? explainServerOutput(title('primary'), log, this.#plan.home.folder) : error
  }

  async #raiseReplica(): Promise<void> {
    const { home, onProgress } = this.#plan
    // Without its primary it starts on what it has; once promoted it is no copy any more and is never replaced.
    if (!this.#isRunning('primary') || (existsSync(home.replica) && !isStandby(home.replica))) return await this.#raise('replica')
    let isFresh = false
    if (!(await canContinue(home.replica, home.primary, this.superuserUrl))) {
      await this.#clone()
      isFresh = true
    }
    try {
      await this.#raiseStreaming()
    } catch (error) {
      const isHopeless = isFresh || !(error instanceof ClusterError) || error.failure !== 'did-not-start'
      if (isHopeless) throw error
      onProgress('The replica could not continue; copying the primary again')
      await this.#servers.get('replica')?.stop()
      await this.#clone()
      await this.#raiseStreaming()
    }
  }

  async #clone(): Promise<void> {
    const { home, account, onProgress, id } = this.#plan
    onProgress('Copying the primary to the replica')
    await clearLeftovers(home.replica, serverTitle(id, 'replica'))
    await cloneReplica(home.replica, home.primary, this.superuserUrl, account)
  }

  async #raiseStreaming(): Promise<void> {
    const from = this.#logs.replica.size()
    await this.#raise('replica')
    const isStreaming = await Superuser.with(this.superuserUrl, async (superuser) => {
      const deadline = performance.now() + STREAMING_WITHIN
      while (!(await superuser.isStreaming(SLOT))) {
        if (performance.now() > deadline || !this.#isRunning('replica')) return false
        await pause(20)
      }
      return true
    })
    if (isStreaming) return
    throw new ClusterError('did-not-start', `${title('replica')} runs but receives nothing from the primary; its log is ${this.#logs.replica.path}.`, new Error(this.#logs.replica.tail(from)))
  }

  async #raise(which: Which): Promise<void> {
    const { home, binaries, account, secondsToStart, onProgress, id } = this.#plan
    onProgress(`Starting the ${which}`)
    await clearLeftovers(home[which], serverTitle(id, which))
    this.#writeConfig(which)
    const server = await Server.start({ name: which, postgres: binaries.postgres, dataDir: home[which], account, log: this.#logs[which], secondsToStart })
    this.#servers.set(which, server)
  }

  #writeConfig(which: Which): void {
    const { home, account, secrets, ports, settings, id } = this.#plan
    const socketFolder = socketFolderFor(home.sockets)
    if (socketFolder !== '') {
      mkdirSync(socketFolder, { recursive: true, mode: 0o700 })
      giveTo(account, socketFolder)
    }
    const server = { name: serverTitle(id, which), socketFolder, overrides: settings }
    const text =
      which === 'primary'
        ? configText({ ...server, port: ports.primary })
        : configText({ ...server, port: ports.replica ?? 0, primary: { port: ports.primary, password: secrets.replicator } })
    for (const [name, content] of [['postgresql.conf', text], ['pg_hba.conf', accessText()]] as const) {
      writeWhole(join(home[which], name), content)
    }
  }

  #isRunning(which: Which): boolean {
    return this.#servers.get(which)?.isRunning === true
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    return await mine
  }

  /** A process that ends without `stop` still asks its servers to end; they finish on their own. */
  readonly #onExit = (): void => {
    for (const server of this.#servers.values()) server.requestStop()
  }
}

export function serverTitle(id: string, which: Which): string {
  return `${id}-${which}`
}

function url(role: string, password: string, port: number, database: string): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`
}
