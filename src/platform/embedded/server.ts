import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { ClusterError, explainServerOutput } from './cluster-error.ts'
import type { LogFile } from './log-file.ts'
import { listProcesses, pause, signal, waitUntilGone } from './processes.ts'

export interface ServerPlan {
  readonly name: 'primary' | 'replica'
  readonly postgres: string
  readonly dataDir: string
  readonly account: Account | null
  readonly log: LogFile
  readonly secondsToStart: number
}

/** Environment of every PostgreSQL process: none of the caller's PG* variables or locale may change how it behaves. */
export const SERVER_ENVIRONMENT: Readonly<Record<string, string>> = { LC_ALL: 'C', TZ: 'UTC' }

/** One running postmaster. */
export class Server {
  readonly #child: ChildProcess
  readonly #plan: ServerPlan
  #hasEnded = false

  private constructor(child: ChildProcess, plan: ServerPlan) {
    this.#child = child
    this.#plan = plan
    child.once('exit', () => (this.#hasEnded = true))
    child.once('error', () => (this.#hasEnded = true))
  }

  static async start(plan: ServerPlan): Promise<Server> {
    const from = plan.log.size()
    const output = plan.log.open()
    const child = spawn(plan.postgres, ['-D', plan.dataDir], {
      // A session of its own: Ctrl-C in a terminal reaches us, and we stop the server after our last query, not before it.
      detached: true,
      stdio: ['ignore', output, output],
      env: SERVER_ENVIRONMENT,
      ...identity(plan.account),
    })
    closeSync(output)
    child.unref()
    const server = new Server(child, plan)
    await server.#becomeReady(from)
    plan.log.watch()
    return server
  }

  get isRunning(): boolean {
    return !this.#hasEnded
  }

  /** The synchronous request to stop, for an exiting process: the server then ends by itself. */
  requestStop(): void {
    if (this.isRunning) this.#signal('SIGINT')
  }

  /** Fast, then immediate, then by force: never without an end. */
  async stop(): Promise<void> {
    this.#plan.log.unwatch()
    for (const [name, patience] of [['SIGINT', 15_000], ['SIGQUIT', 5_000]] as const) {
      this.#signal(name)
      if (await waitUntilGone(() => this.#hasEnded, patience)) return
    }
    await this.kill()
  }

  /** As a power cut would: the postmaster and all its children, at once. */
  async kill(): Promise<void> {
    this.#plan.log.unwatch()
    const { pid } = this.#child
    if (pid === undefined || this.#hasEnded) return
    const children = listProcesses().filter((each) => each.parent === pid)
    this.#signal('SIGKILL')
    for (const each of children) signal(each.pid, 'SIGKILL')
    const names = new Set(children.map((each) => each.pid))
    await waitUntilGone(() => this.#hasEnded && !listProcesses().some((each) => names.has(each.pid)), 10_000)
  }

  #signal(name: NodeJS.Signals): void {
    if (this.#child.pid !== undefined && !this.#hasEnded) signal(this.#child.pid, name)
  }

  async #becomeReady(logFrom: number): Promise<void> {
    const { name, log, dataDir, secondsToStart } = this.#plan
    const deadline = performance.now() + secondsToStart * 1000
    while (!isReady(dataDir, this.#child.pid)) {
      if (this.#hasEnded) throw explainServerOutput(title(name), log.tail(logFrom), dataDir)
      if (performance.now() > deadline) {
        await this.stop()
        throw new ClusterError('too-slow', `${title(name)} did not come up within ${secondsToStart} seconds; its log is ${log.path}.`, new Error(log.tail(logFrom)))
      }
      await pause(15)
    }
  }
}

export function title(name: 'primary' | 'replica'): string {
  return name === 'primary' ? 'The PostgreSQL primary' : 'The PostgreSQL replica'
}

export function identity(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid }
}

/** The postmaster tells its state in line 8 of its lock file; asking there costs no connection and no password. */
function isReady(dataDir: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}
