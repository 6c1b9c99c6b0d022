import { chmod, chown, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import { Superuser } from '../db/superuser.ts'
import type { Account } from './account.ts'
import { ClusterError, systemCode } from './cluster-error.ts'
import { unfinished } from './home.ts'
import { SLOT } from './settings.ts'

/** Contents the server makes anew, or that describe the primary's own running self. */
const CONTENTS_LEFT_OUT: ReadonlySet<string> = new Set([
  'pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans',
])
const LEFT_OUT: ReadonlySet<string> = new Set(['postmaster.pid', 'postmaster.opts', 'postgresql.conf', 'pg_hba.conf', 'backup_label', 'standby.signal', 'recovery.signal'])
/** Sorts spilled to disk, and caches the server rebuilds. */
const TEMPORARY = /^(pgsql_tmp|pg_internal\.init)/

/** A standby is a copy and may be thrown away. One that was promoted is not: it may hold what nobody else has. */
export function isStandby(dataDir: string): boolean {
  return existsSync(join(dataDir, 'standby.signal')) || !existsSync(join(dataDir, 'global', 'pg_control'))
}

export function requireNotPromoted(dataDir: string): void {
  if (!existsSync(dataDir) || isStandby(dataDir)) return
  throw new ClusterError(
    'promoted',
    `${dataDir} was promoted and may hold newer data than the primary: keep the one you want under the name "primary" and move the other away; nothing was changed.`,
  )
}

/** Whether the replica can go on from where it stands: it exists, is of this cluster, and the primary still keeps its log. */
export async function canContinue(dataDir: string, primaryDir: string, superuserUrl: string): Promise<boolean> {
  if (!existsSync(join(dataDir, 'standby.signal')) || !existsSync(join(dataDir, 'global', 'pg_control'))) return false
  if (systemIdentifier(dataDir) !== systemIdentifier(primaryDir)) return false
  const state = await Superuser.with(superuserUrl, (superuser) => superuser.slotState(SLOT))
  return state !== null && state !== 'lost'
}

/** Copies the running primary into a new standby. The package brings no pg_basebackup; this is what that tool does. */
export async function cloneReplica(dataDir: string, primaryDir: string, superuserUrl: string, account: Account | null): Promise<void> {
  requireNotPromoted(dataDir)
  const draft = unfinished(dataDir)
  try {
    const label = await Superuser.with(superuserUrl, async (superuser) => {
      await superuser.dropSlot(SLOT)
      await superuser.createSlot(SLOT)
      return await superuser.backup(() => copyData(primaryDir, draft, account))
    })
    for (const [name, text] of [['backup_label', label], ['standby.signal', '']] as const) {
      await writeFile(join(draft, name), text, { mode: 0o600, flush: true })
      if (account !== null) await chown(join(draft, name), account.uid, account.gid)
    }
    await rm(dataDir, { recursive: true, force: true })
    await rename(draft, dataDir)
  } catch (error) {
    // On a full disk the half copy is what the primary lacks most.
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}

async function copyData(from: string, to: string, account: Account | null): Promise<void> {
  if ((await readdir(join(from, 'pg_tblspc'))).length > 0) {
    throw new ClusterError('did-not-start', `${from} uses tablespaces, which the embedded replica does not copy: remove them or run without a replica.`)
  }
  await copyFolder(from, to, account, (name) => !LEFT_OUT.has(name) && name !== 'global')
  // The control file goes last: it says from where recovery may trust the rest.
  await copyFolder(join(from, 'global'), join(to, 'global'), account, (name) => name !== 'pg_control')
  await copyOne(join(from, 'global', 'pg_control'), join(to, 'global', 'pg_control'), account)
}

async function copyFolder(from: string, to: string, account: Account | null, wanted: (name: string) => boolean): Promise<void> {
  await mkdir(to, { mode: 0o700 })
  if (account !== null) await chown(to, account.uid, account.gid)
  const entries = (await readFolder(from)).filter((entry) => wanted(entry.name) && !TEMPORARY.test(entry.name))
  // A few at a time: files are read by a small pool of threads, and memory stays the same for a thousand files or a million.
  for (let at = 0; at < entries.length; at += 16) {
    await Promise.all(
      entries.slice(at, at + 16).map(async (entry) => {
        const [source, target] = [join(from, entry.name), join(to, entry.name)]
        if (entry.isDirectory()) await copyFolder(source, target, account, () => !CONTENTS_LEFT_OUT.has(entry.name))
        else if (entry.isFile()) await copyOne(source, target, account)
      }),
    )
  }
}

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [] // A database dropped while we copy.
    throw error
  }
}

async function copyOne(from: string, to: string, account: Account | null): Promise<void> {
  try {
    await copyFile(from, to)
    await chmod(to, 0o600)
    if (account !== null) await chown(to, account.uid, account.gid)
  } catch (error) {
    // A table dropped or a temporary file removed while we copy: the log knows.
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

function systemIdentifier(dataDir: string): string {
  return readFileSync(join(dataDir, 'global', 'pg_control')).toString('hex', 0, 8)
}
