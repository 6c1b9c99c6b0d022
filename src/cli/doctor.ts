// `bss doctor`: what a person would check by hand, in the order in which one failure explains the next.
import { identityApi } from '../domains/identity/contract.ts'
import { ApiError, plainCall } from '../kernel/client.ts'
import { isList, isRecord } from '../kernel/json.ts'
import { isWellFormedKey } from '../platform/crypto/keys.ts'
import { connect, type Connection } from './connection.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { Typed } from './flags.ts'
import { connectionOptionsOf } from './operate.ts'
import type { HandMadeCommand } from './run.ts'
import { tableOf } from './table.ts'
import type { World } from './world.ts'

interface Check {
  readonly name: string
  readonly state: 'ok' | 'failed' | 'skipped'
  readonly detail: string
  /** What to do about it. */
  readonly advice: string | null
}
const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail, advice: null })
const failed = (name: string, detail: string, advice: string): Check => ({ name, state: 'failed', detail, advice })
const skipped = (name: string, detail: string): Check => ({ name, state: 'skipped', detail, advice: null })

const TIMEOUT_MS = 10_000
const CLOCK_SECONDS_MAX = 5

interface Reached {
  readonly status: number
  readonly body: unknown
  readonly ms: number
  readonly date: string | null
}

async function reach(world: World, url: string): Promise<Reached | null> {
  const startedMs = world.nowMs()
  try {
    const response = await fetch(url, { signal: AbortSignal.any([world.signal, AbortSignal.timeout(TIMEOUT_MS)]), redirect: 'error' })
    const text = await response.text()
    return { status: response.status, body: parsed(text), ms: world.nowMs() - startedMs, date: response.headers.get('date') }
  } catch (error) {
    if (world.signal.aborted) throw error
    return null
  }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return null // An answer that is no JSON comes from something else at this address.
  }
}

function serverCheck(url: string, health: Reached | null): Check {
  if (health === null) return failed('server', `nothing answers at ${url}`, 'Start it with `npm start`, or give its address with --url or BSS_URL.')
  if (health.status !== 200 || !isRecord(health.body)) return failed('server', `${url} answers, but not as Blue Ship Sync does (${health.status})`, 'Another program may have this port: check --url.')
  return ok('server', `${url} answers in ${health.ms.toFixed(0)} ms`)
}

const READY_ADVICE: Readonly<Record<string, string>> = {
  primary: 'PostgreSQL does not take changes: look at the log in the data folder, then restart.',
  replica: 'Reads go to the primary until the replica has caught up, so nothing is wrong but slower. If the lag does not shrink, look at its log in the data folder (or at your provider\'s page) for a full disk or a long query, then restart it.',
  worker: 'The worker has stopped going round: events and chores wait. Look at the log of the service, then restart it.',
  walls: 'A wall between organizations is broken: stop the service and run `npm run prove`.',
  outbox: 'Events are not delivered in time. After a large import wait and look again; if the age still grows, look for "an event could not be applied" in the log of the service.',
}
const adviceFor = (name: string): string => Object.entries(READY_ADVICE).find(([word]) => name.toLowerCase().includes(word))?.[1] ?? 'Look at the log of the service.'

function readyChecks(ready: Reached | null): readonly Check[] {
  if (ready === null || !isRecord(ready.body) || !isList(ready.body['checks'])) return [failed('ready', 'no list of checks', 'The server may be older than this command, or a proxy may hide /readyz.')]
  return ready.body['checks'].filter(isRecord).map((check) => {
    const name = typeof check['name'] === 'string' ? check['name'] : 'unnamed'
    const detail = typeof check['detail'] === 'string' ? check['detail'] : ''
    return check['isOk'] === true ? ok(name, detail === '' ? 'works' : detail) : failed(name, detail === '' ? 'does not work' : detail, adviceFor(name))
  })
}

/** A key is judged by time: clocks that differ make fresh keys look expired, and old ones valid. */
function clockCheck(health: Reached): Check {
  const serverMs = health.date === null ? NaN : Date.parse(health.date)
  if (Number.isNaN(serverMs)) return skipped('clock', 'the server does not say its time')
  // The header has whole seconds and is as old as half the way back.
  const seconds = Math.max(0, Math.abs(Date.now() - serverMs - 500) / 1000 - 0.5 - health.ms / 1000)
  if (seconds <= CLOCK_SECONDS_MAX) return ok('clock', seconds < 1 ? 'agrees with the server\'s within a second' : `differs from the server's by ${seconds.toFixed(0)} s`)
  return failed('clock', `differs from the server's by ${seconds.toFixed(0)} s`, 'Set both clocks by NTP.')
}

async function versionCheck(world: World, url: string, version: string): Promise<Check> {
  const api = await reach(world, `${url}/openapi.json`)
  const info = isRecord(api?.body) ? api.body['info'] : undefined
  const found = isRecord(info) && typeof info['version'] === 'string' ? info['version'] : null
  if (found === null) return skipped('version', 'the server does not say its version')
  return found === version ? ok('version', version) : failed('version', `the server is ${found}, this command is ${version}`, 'Use the command of the same release.')
}

async function keyCheck(connection: Connection): Promise<Check> {
  const { key, from } = connection
  if (key === null) return failed('key', 'there is none', 'Give one with --key or BSS_KEY, or start the demo with `npm start` and run this beside its data folder.')
  if (!isWellFormedKey(key)) return failed('key', `the key from ${from} has a typing error in it`, 'Copy it again, all of it: bss_, its kind, and 49 characters.')
  try {
    const who = await plainCall('whoami', identityApi.whoami, {}, connection.sender)
    const actor = isRecord(who) && isRecord(who['actor']) ? who['actor']['name'] : undefined
    const role = isRecord(who) ? who['roleTitle'] : undefined
    return ok('key', `from ${from}: ${typeof actor === 'string' ? actor : '?'}, ${typeof role === 'string' ? role : '?'}`)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 401) return failed('key', `the key from ${from} is unknown, expired or revoked`, 'Ask a Tenant Admin for a new one: `bss keys create`. A demo that was reset has new keys in demo.json.')
    return failed('key', `${error.detail} (${error.code})`, error.status === 403 ? 'The organization may be suspended, or the key bound to other networks.' : 'Try again; then look at the log of the service.')
  }
}

async function examine(world: World, typed: Typed, version: string): Promise<readonly Check[]> {
  const connection = await connect(world, connectionOptionsOf(typed), false, { retries: 0 })
  const health = await reach(world, `${connection.url}/healthz`)
  const server = serverCheck(connection.url, health)
  if (health === null || server.state === 'failed') return [server]
  const ready = await reach(world, `${connection.url}/readyz`)
  return [server, ...readyChecks(ready), clockCheck(health), await versionCheck(world, connection.url, version), await keyCheck(connection)]
}

export const doctor = (version: string): HandMadeCommand => ({
  word: 'doctor',
  usage: 'doctor [--json]',
  summary: 'check server, database, replica, clock, version and key, and say what to do',
  options: [],
  notes: ['Ends with 0 when every check passes, 3 when no server answers, 1 otherwise.'],
  examples: [{ line: 'doctor', says: 'Is everything all right?' }, { line: 'doctor --url https://ship.example.com --json', says: 'The same for a program' }],
  parse: {},
  run: async (world, _positionals, typed): Promise<ExitCode> => {
    const checks = await examine(world, typed, version)
    const problems = checks.filter(({ state }) => state === 'failed')
    if (typed['json'] === true) world.out.write(`${JSON.stringify({ isOk: problems.length === 0, checks }, null, 2)}\n`)
    else {
      world.out.write(tableOf(['CHECK', 'STATE', 'WHAT'], checks.map(({ name, state, detail }) => [name, state, detail])))
      for (const { name, advice } of problems) if (advice !== null) world.out.write(`\n${name}: ${advice}\n`)
    }
    if (problems.length === 0) return EXIT.ok
    return problems[0]?.name === 'server' ? EXIT.unreachable : EXIT.failed
  },
})
