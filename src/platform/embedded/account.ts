import { chownSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ClusterError, systemCode } from './cluster-error.ts'

/** The user PostgreSQL runs as. `null` stands for "whoever we are", the normal case of an ordinary user. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root, so root lends it an account without rights: the owner of the data, else `postgres`, else `nobody`. */
export function chooseAccount(dataDirs: readonly string[]): Account | null {
  if (process.geteuid?.() !== 0) return null
  for (const dir of dataDirs) {
    const owner = ownerOf(dir)
    if (owner !== null && owner.uid !== 0) return { name: `user ${owner.uid}`, ...owner }
  }
  const users = readUsers()
  const account = users.find((user) => user.name === 'postgres') ?? users.find((user) => user.name === 'nobody')
  if (account === undefined) {
    throw new ClusterError('permission', 'PostgreSQL cannot run as root and this machine has neither a user "postgres" nor "nobody": start Blue Ship Sync as an ordinary user.')
  }
  return account
}

/** The account must be able to walk to its folders; the first one it cannot enter is named. */
export function requireWayTo(path: string, account: Account | null): void {
  if (account === null) return
  for (let folder = path; ; folder = dirname(folder)) {
    if (!mayEnter(folder, account)) {
      throw new ClusterError(
        'permission',
        `PostgreSQL runs as "${account.name}" because it cannot run as root, and that user cannot enter ${folder}: run \`chmod o+x ${folder}\`, or start Blue Ship Sync as an ordinary user.`,
      )
    }
    if (folder === dirname(folder)) return
  }
}

export function giveTo(account: Account | null, path: string): void {
  if (account !== null) chownSync(path, account.uid, account.gid)
}

/** What root writes into somebody's folder belongs to him, or he could not start his own cluster the day after. */
export function inheritOwner(path: string): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  chownSync(path, uid, gid)
}

/** Data that root unpacked (a restored backup) belongs to root; the server would refuse it. */
export function giveTreeTo(account: Account | null, path: string): void {
  if (account === null || ownerOf(path)?.uid !== 0) return
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    const place = join(entry.parentPath, entry.name)
    if (!entry.isSymbolicLink()) chownSync(place, account.uid, account.gid)
  }
  giveTo(account, path)
}

function mayEnter(folder: string, account: Account): boolean {
  const stat = statSync(folder)
  if (!stat.isDirectory()) return true
  if (stat.uid === account.uid) return (stat.mode & 0o100) !== 0
  if (stat.gid === account.gid) return (stat.mode & 0o010) !== 0
  return (stat.mode & 0o001) !== 0
}

function ownerOf(path: string): { uid: number; gid: number } | null {
  try {
    const { uid, gid } = lstatSync(path)
    return { uid, gid }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

function readUsers(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [name, , uid, gid] = line.split(':')
      const account = { name: name ?? '', uid: Number(uid), gid: Number(gid) }
      return Number.isInteger(account.uid) && account.uid > 0 && Number.isInteger(account.gid) ? [account] : []
    })
}
