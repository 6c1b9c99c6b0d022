// `npm start` on a PostgreSQL of somebody else: a user who owns an empty database and may create roles, and is no superuser; what
// a managed service hands out. And what it says when the server cannot be worked with.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { destroyCluster, startCluster, type Cluster } from '../src/platform/embedded/index.ts'
import { startOldPostgres } from './setup/old-postgres.ts'
import { sql } from './setup/sql.ts'

/** Every character in it means something in a URL. */
const PASSWORD = 'p@ss/w%rd:?#&+ x'
const SECRET = 'a secret of the tests, never used outside them'
const MAIN = join(import.meta.dirname, '../src/app/main.ts')

let folder: string
let dataDir: string
let outside: Cluster
let old: { readonly url: string; readonly server: Server }

const at = (port: number | null, user: string, database: string, password = PASSWORD): string => `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port ?? 0}/${database}`
const primary = (): string => at(outside.primaryPort, 'cloud_admin', 'operations')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bss-test-run-outside-'))
  dataDir = join(mkdtempSync(join(tmpdir(), 'bss-outside-')), 'not', 'there', 'yet')
  outside = await startCluster({ dataDir: folder, replica: true, temporary: true, settings: { shared_buffers: '32MB', max_slot_wal_keep_size: '256MB' } })
  const role = (name: string, rights: string): string => `create role ${name} login nosuperuser noreplication nobypassrls ${rights} password '${PASSWORD}'`
  await sql(outside.superuserUrl, [
    role('cloud_admin', 'createrole createdb'), 'create database operations owner cloud_admin',
    role('other_admin', 'createrole createdb'), 'create database other owner other_admin',
    role('plain_user', 'nocreaterole createdb'), 'create database plain owner plain_user',
    `create database in_ascii owner cloud_admin template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'`,
  ])
  old = await startOldPostgres(['15', '15.9', 'UTF8', 'f'])
}, 120_000)
afterAll(async () => {
  old.server.close()
  await outside.stop()
  await destroyCluster(folder)
  rmSync(join(dataDir, '../../..'), { recursive: true, force: true })
})

interface Started {
  /** Null when it ended without coming up. */
  readonly url: string | null
  readonly said: string
  readonly talked: string
  readonly stop: () => Promise<number>
}

/** Runs what `npm start` runs, until it is up or has ended. */
function npmStart(settings: Readonly<Record<string, string>>): Promise<Started> {
  const env = { PATH: process.env['PATH'] ?? '', BSS_PORT: '0', BSS_SECRET: SECRET, BSS_DATA: dataDir, ...settings }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)))
  const stop = (): Promise<number> => {
    child.kill('SIGTERM')
    return ended
  }
  return new Promise((resolve) => {
    let said = ''
    let talked = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (talked += text))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /running at (\S+)/.exec(said)?.[1]
      if (url !== undefined) resolve({ url, said, talked, stop })
    })
    void ended.then(() => resolve({ url: null, said, talked, stop }))
  })
}

async function up(settings: Readonly<Record<string, string>>): Promise<Started> {
  const started = await npmStart(settings)
  if (started.url === null) throw new Error(`It did not come up: ${started.talked}`)
  return started
}

const DemoFile = Type.Object({ organizations: Type.Array(Type.Object({ keys: Type.Record(Type.String(), Type.String()) })) })
const plannerKey = (): string => Value.Parse(DemoFile, JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'))).organizations[0]?.keys['planner'] ?? ''
const Readiness = Type.Object({ status: Type.String(), checks: Type.Array(Type.Object({ name: Type.String(), isOk: Type.Boolean() })) })

async function readiness(url: string | null): Promise<Type.Static<typeof Readiness>> {
  const answer = await fetch(`${url ?? ''}/readyz`)
  return Value.Parse(Readiness, await answer.json())
}
const ordersWith = (url: string | null, key: string): Promise<Response> => fetch(`${url ?? ''}/api/v1/orders?limit=2`, { headers: { authorization: `Bearer ${key}` } })

describe('npm start on a database of a managed service', () => {
  test('comes up on an empty one with nothing embedded, is ready, and answers a request with a key', async () => {
    const started = await up({ DATABASE_URL: primary(), BSS_DEMO: '1' })
    expect(await readiness(started.url)).toMatchObject({ status: 'ready', checks: [{ name: 'primary' }, { name: 'worker' }, { name: 'outbox' }] })
    expect((await ordersWith(started.url, plannerKey())).status).toBe(200)
    expect((await ordersWith(started.url, 'bss_test_nobody')).status).toBe(401)
    expect(['cluster.json', 'primary', 'service-secret'].filter((name) => existsSync(join(dataDir, name)))).toEqual([])
    expect(started.said + started.talked).not.toMatch(/p@ss|p%40ss/)
    expect(await started.stop()).toBe(0)
  }, 90_000)

  test('comes up a second time, with a replica, on what is there', async () => {
    const started = await up({ DATABASE_URL: primary(), DATABASE_REPLICA_URLS: at(outside.replicaPort, 'cloud_admin', 'operations') })
    await expect.poll(() => readiness(started.url), { timeout: 15_000, interval: 200 }).toMatchObject({ status: 'ready', checks: [{ name: 'primary' }, { name: 'replica 1', isOk: true }, { name: 'worker' }, { name: 'outbox' }] })
    const answer = await ordersWith(started.url, plannerKey())
    expect(Value.Parse(Type.Object({ items: Type.Array(Type.Unknown()) }), await answer.json()).items).toHaveLength(2)
    expect(await started.stop()).toBe(0)
  }, 90_000)

  test('no role of the product has more than a login there', async () => {
    const roles = `select rolname from pg_roles where rolname in ('bss_owner', 'bss_gateway', 'bss_app', 'bss_worker', 'bss_reader', 'bss_admin') and not (rolsuper or rolreplication or rolbypassrls or rolcreaterole or rolcreatedb)`
    expect(await sql(outside.superuserUrl, roles)).toHaveLength(6)
  })
})

describe('a database that cannot be worked with is one sentence and an exit code, never a stack trace', () => {
  const refusals: readonly [what: string, settings: () => Readonly<Record<string, string>>, says: RegExp][] = [
    ['nobody listens there', () => ({ DATABASE_URL: at(1, 'cloud_admin', 'operations') }), /PostgreSQL at 127\.0\.0\.1:1 cannot be reached .*Check DATABASE_URL/],
    ['the name of the server is unknown', () => ({ DATABASE_URL: 'postgres://a:b@no-such-host.invalid/operations' }), /no-such-host\.invalid:5432 cannot be reached/],
    ['the password is wrong', () => ({ DATABASE_URL: at(outside.primaryPort, 'cloud_admin', 'operations', 'wrong') }), /refuses the password of "cloud_admin"/],
    ['there is no such database', () => ({ DATABASE_URL: at(outside.primaryPort, 'cloud_admin', 'operation') }), /has no database "operation"/],
    ['it is a read replica', () => ({ DATABASE_URL: at(outside.replicaPort, 'cloud_admin', 'operations') }), /names a read replica/],
    ['the server is older than 16', () => ({ DATABASE_URL: old.url }), /This server is PostgreSQL 15\.9; Blue Ship Sync needs 16 or newer/],
    ['the user may not create roles', () => ({ DATABASE_URL: at(outside.primaryPort, 'plain_user', 'plain') }), /alter role "plain_user" createrole/],
    ['the user does not own the database', () => ({ DATABASE_URL: at(outside.primaryPort, 'other_admin', 'plain') }), /alter database "plain" owner to "other_admin"/],
    ['the roles of the product are somebody else\'s', () => ({ DATABASE_URL: at(outside.primaryPort, 'other_admin', 'other') }), /The roles bss_\* exist on this server and belong to another user/],
    ['it is not in UTF-8', () => ({ DATABASE_URL: at(outside.primaryPort, 'cloud_admin', 'in_ascii') }), /encoded in SQL_ASCII/],
    ['the address is none', () => ({ DATABASE_URL: 'mysql://127.0.0.1/operations' }), /DATABASE_URL is not a postgres:\/\/ address/],
    ['there is no secret', () => ({ DATABASE_URL: primary(), BSS_SECRET: '' }), /BSS_SECRET is not set/],
  ]
  for (const [what, settings, says] of refusals) {
    test(what, async () => {
      const started = await npmStart(settings())
      expect(started).toMatchObject({ url: null, said: '' })
      expect(await started.stop()).toBe(1)
      const sentences = started.talked.split('\n').filter((line) => line !== '' && !/^ {2}✗ database up to date/.test(line))
      expect(sentences).toEqual([expect.stringMatching(says)])
      expect(started.talked).not.toMatch(/p@ss|p%40ss/)
    }, 60_000)
  }
})
