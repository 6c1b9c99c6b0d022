// Brings a database up to date: roles, then every room's migrations in the order of their time stamps. Forward only; each file
// is one transaction; a second run does nothing; two at once wait for each other; a changed file is refused.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keyIdOf, rolePassword, sealingBlocks } from '../crypto/seal.ts'
import { connectOrExplain, explainRoles, refuseUnfit } from './fitness.ts'
import { ownerConfig } from './pool.ts'
import type { Param, Result } from './wire.ts'

export interface Migration {
  readonly name: string
  readonly sql: string
  readonly digest: string
}
const SOURCE = fileURLToPath(new URL('../../', import.meta.url))
const LOCK = 7_305_001

/** All migrations of the platform and of the rooms, sorted by time stamp. Throws when two have the same name. */
export async function collectMigrations(source: string = SOURCE): Promise<Migration[]> {
  const found: Migration[] = []
  for await (const path of sqlFiles(source)) {
    const sql = await readFile(path, 'utf8')
    found.push({ name: basename(path), sql, digest: createHash('sha256').update(sql).digest('hex') })
  }
  found.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const [index, migration] of found.entries()) {
    if (found[index + 1]?.name === migration.name) throw new Error(`Two migrations are called ${migration.name}.`)
  }
  return found
}
async function* sqlFiles(folder: string): AsyncGenerator<string, void, void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('.sql') && basename(entry.parentPath) === 'migrations') yield join(entry.parentPath, entry.name)
  }
}

const NO_LOGIN = ['bss_owner', 'bss_gateway', 'bss_search'] as const
const LOGIN = ['bss_app', 'bss_worker', 'bss_reader', 'bss_admin'] as const

export interface MigrateOptions {
  /** A role that may create roles and owns the database; no superuser. */
  readonly url: string
  readonly secret: Uint8Array
  readonly onProgress?: (step: string) => void
  readonly migrations?: readonly Migration[]
}

/** Migrates; returns the names of what was applied. Throws UnfitDatabase before it changes anything. */
export async function migrate({ url, secret, onProgress, migrations }: MigrateOptions): Promise<string[]> {
  const wire = await connectOrExplain(ownerConfig(url, 'blue-ship-sync migrate'))
  const run = (text: string, params: readonly Param[] = []): Promise<Result[]> => wire.send([{ name: '', text, params }])
  try {
    await refuseUnfit(run)
    await run('select pg_advisory_lock($1)', [LOCK])
    await insistOnRoles(() => ensureRoles(run, secret))
    await run('set role bss_owner')
    await run('create table if not exists public.bss_migration (name text primary key, digest text not null, applied_at timestamptz not null default now())')
    const [done] = await run('select name, digest from public.bss_migration')
    const known = new Map(done?.rows.map((row) => [row[0] ?? '', row[1] ?? '']))
    const all = migrations ?? (await collectMigrations())
    refuseUnknown(known, all)
    const applied: string[] = []
    for (const migration of all) {
      if (known.has(migration.name)) continue
      onProgress?.(migration.name)
      await apply(run, migration)
      applied.push(migration.name)
    }
    await installSealKey(run, secret)
    return applied
  } finally {
    await wire.close()
  }
}

function refuseUnknown(known: ReadonlyMap<string, string>, all: readonly Migration[]): void {
  for (const { name, digest } of all) {
    const before = known.get(name)
    if (before !== undefined && before !== digest) throw new Error(`The migration ${name} was changed after it had been applied. Put it back and write a new one.`)
  }
}

/** One file, one transaction: half a migration does not exist. Statements are split at `;` outside quotes and bodies. */
async function apply(run: (text: string, params?: readonly Param[]) => Promise<Result[]>, migration: Migration): Promise<void> {
  await run('begin')
  try {
    for (const statement of statementsOf(migration.sql)) await run(statement)
    await run('insert into public.bss_migration (name, digest) values ($1, $2)', [migration.name, migration.digest])
    await run('commit')
  } catch (error) {
    await run('rollback')
    throw new Error(`The migration ${migration.name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Splits a script into statements, leaving dollar-quoted bodies, quoted strings and comments whole. */
export function statementsOf(sql: string): string[] {
  const statements: string[] = []
  let current = ''
  for (const [piece] of sql.matchAll(/--[^\n]*|\/\*[\s\S]*?\*\/|\$([a-z_]*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|"[^"]*"|;|[^;'"$/-]+|[\s\S]/gi)) {
    if (piece === ';') {
      if (current.trim() !== '') statements.push(current.trim())
      current = ''
    } else if (!piece.startsWith('--') && !piece.startsWith('/*')) current += piece
  }
  if (current.trim() !== '') statements.push(current.trim())
  return statements
}

/** Roles belong to the whole server, the lock above to one database: whoever prepares another database may be at the same roles. */
async function insistOnRoles(ensure: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ensure()
    } catch (error) {
      if (attempt >= 20 || !(error instanceof Error && /concurrently updated|already exists|duplicate key/.test(error.message))) throw explainRoles(error)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100))
    }
  }
}

async function ensureRoles(run: (text: string, params?: readonly Param[]) => Promise<Result[]>, secret: Uint8Array): Promise<void> {
  const [existing] = await run("select rolname::text from pg_roles where rolname like 'bss\\_%'")
  const names = new Set(existing?.rows.map((row) => row[0]))
  for (const role of NO_LOGIN) if (!names.has(role)) await run(`create role ${role} nologin noinherit`)
  for (const role of LOGIN) {
    // The password is base64url, so it needs no quoting; a parameter is not possible in this statement.
    const attributes = `login noinherit nocreatedb nocreaterole password '${rolePassword(secret, role)}'`
    await run(names.has(role) ? `alter role ${role} ${attributes}` : `create role ${role} ${attributes}`)
  }
  const [database] = await run('select quote_ident(current_database())')
  const name = database?.rows[0]?.[0] ?? ''
  await run('grant bss_owner to current_user with set true')
  await run('grant bss_gateway, bss_search to bss_owner with set true, inherit false')
  await run(`revoke all on database ${name} from public`)
  await run('revoke all on schema public from public')
  await run('grant usage, create on schema public to bss_owner')
  await run(`grant connect, create on database ${name} to bss_owner`)
  await run(`grant connect on database ${name} to ${LOGIN.join(', ')}`)
}

async function installSealKey(run: (text: string, params?: readonly Param[]) => Promise<Result[]>, secret: Uint8Array): Promise<void> {
  const { inner, outer } = sealingBlocks(secret)
  await run('insert into sec.seal_key (id, inner_block, outer_block) values ($1, $2, $3) on conflict (id) do nothing', [keyIdOf(secret), inner, outer])
}
