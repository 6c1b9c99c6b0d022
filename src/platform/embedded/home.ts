import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { inheritOwner } from './account.ts'
import { ClusterError } from './cluster-error.ts'

/** What a data folder of ours contains. `cluster.json` is the mark by which we know it as ours. */
export interface Home {
  readonly folder: string
  readonly primary: string
  readonly replica: string
  readonly logs: string
  readonly sockets: string
  readonly lock: string
}

export interface Secrets {
  readonly superuser: string
  readonly platform: string
  readonly replicator: string
}

export interface Remembered {
  /** Prefix of the servers' process titles, by which orphaned ones are known to be ours. */
  readonly id: string
  readonly primaryPort: number | null
  readonly replicaPort: number | null
  /** A test's cluster: only such a one may ever be deleted by program. */
  readonly temporary: boolean
}

const MARK = 'cluster.json'
const SECRETS = 'secrets.json'

/** What stands in the way of a folder, in words for the person who named it. */
function sentenceOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file is there. Choose a folder.'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'this user may not write there.'
  return error instanceof Error ? error.message : String(error)
}

/** Opens the data folder or makes it; refuses a folder that holds anything that is not ours. */
export function openHome(path: string): Home {
  if (!isAbsolute(path)) throw new ClusterError('foreign-folder', `The data folder must be given as an absolute path, not as "${path}".`)
  try {
    mkdirSync(path, { recursive: true, mode: 0o711 })
  } catch (error) {
    throw new ClusterError('foreign-folder', `The data folder ${path} cannot be made: ${sentenceOf(error)}`)
  }
  const folder = realpathSync(path)
  const known = readdirSync(folder)
  // A lock alone is what a start that died in its first instant leaves behind.
  if (!known.includes(MARK) && known.some((name) => !name.startsWith('cluster.lock'))) {
    throw new ClusterError('foreign-folder', `The folder ${folder} is not empty and was not made by Blue Ship Sync: choose an empty folder for the data.`)
  }
  // Root's folder is entered by the server's account; anybody else's is closed to everybody else.
  chmodSync(folder, process.geteuid?.() === 0 ? 0o711 : 0o700)
  return homeAt(folder)
}

export function homeAt(folder: string): Home {
  return {
    folder,
    primary: join(folder, 'primary'),
    replica: join(folder, 'replica'),
    logs: join(folder, 'log'),
    sockets: join(folder, 'socket'),
    lock: join(folder, 'cluster.lock'),
  }
}

/**
 * A folder under construction has such a name until it is whole, so a half-made one can never be taken for data. Each
 * attempt has its own, so that an orphaned initdb of a killed start cannot write into the next one's.
 */
export function unfinished(dataDir: string): string {
  return `${dataDir}.unfinished-${randomBytes(4).toString('hex')}`
}

export function removeUnfinished(home: Home): void {
  for (const name of readdirSync(home.folder)) {
    if (!/^(primary|replica)\.unfinished-[0-9a-f]{8}$/.test(name)) continue
    rmSync(join(home.folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** Refuses data that is damaged, of another major version, or only present as a copy. */
export function requireSoundData(home: Home, major: string): void {
  if (!existsSync(home.primary)) {
    if (!existsSync(home.replica)) return
    throw new ClusterError('broken-folder', `${home.folder} has a replica but no primary, and the replica may be the only copy of the data: restore ${home.primary}, or move the replica away.`)
  }
  const dir = home.primary
  const version = readVersion(dir)
  if (version === null || !existsSync(join(dir, 'global', 'pg_control'))) {
    throw new ClusterError('broken-folder', `${dir} is damaged (PG_VERSION or pg_control is missing): restore it from a backup; nothing was changed.`)
  }
  if (version !== major) {
    throw new ClusterError('other-version', `${dir} was written by PostgreSQL ${version} and this release brings PostgreSQL ${major}: export with the old release and import here; nothing was changed.`)
  }
  if (!existsSync(join(home.folder, SECRETS))) {
    throw new ClusterError('broken-folder', `${join(home.folder, SECRETS)} is missing: restore it from a backup, without it nobody can sign in to the database.`)
  }
}

function readVersion(dir: string): string | null {
  const file = join(dir, 'PG_VERSION')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

export function readSecrets(home: Home): Secrets {
  const file = join(home.folder, SECRETS)
  if (!existsSync(file)) {
    const fresh = { superuser: password(), platform: password(), replicator: password() }
    writeWhole(file, JSON.stringify(fresh, null, 2))
    return fresh
  }
  const value = readJson(file)
  const { superuser, platform, replicator } = value
  if (typeof superuser !== 'string' || typeof platform !== 'string' || typeof replicator !== 'string') {
    throw new ClusterError('broken-folder', `${file} is damaged: restore it from a backup.`)
  }
  return { superuser, platform, replicator }
}

export function recall(home: Home): Remembered {
  const file = join(home.folder, MARK)
  if (!existsSync(file)) return { id: `bss-${randomBytes(4).toString('hex')}`, primaryPort: null, replicaPort: null, temporary: false }
  const { id, primaryPort, replicaPort, temporary } = readJson(file)
  if (typeof id !== 'string' || !/^bss-[0-9a-f]{8}$/.test(id)) throw new ClusterError('broken-folder', `${file} is damaged: restore it from a backup.`)
  return {
    id,
    primaryPort: typeof primaryPort === 'number' ? primaryPort : null,
    replicaPort: typeof replicaPort === 'number' ? replicaPort : null,
    temporary: temporary === true,
  }
}

export function remember(home: Home, facts: Remembered): void {
  writeWhole(join(home.folder, MARK), JSON.stringify({ format: 1, ...facts }, null, 2))
}

/** Written beside and moved over, so that a crash leaves the old file or the new one, never half of one. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true })
  inheritOwner(`${file}.new`)
  renameSync(`${file}.new`, file)
}

function readJson(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new ClusterError('broken-folder', `${file} is damaged: restore it from a backup.`)
}

/** URL-safe by its alphabet, 192 bits. */
function password(): string {
  return randomBytes(24).toString('base64url')
}
