import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { inheritOwner } from './account.ts'
import { ClusterError, systemCode } from './cluster-error.ts'
import { processStamp } from './processes.ts'

export interface Lock {
  release(): void
}

/**
 * One living process per data folder. The file names its holder by number and start time, so a holder that was
 * killed, and a stranger who got its number since, both count as gone. A link is made or refused in one step, which
 * an `exists` followed by a `write` is not.
 */
export function takeLock(file: string, folder: string): Lock {
  const mine = JSON.stringify({ pid: process.pid, stamp: processStamp(process.pid), token: randomUUID() })
  const draft = `${file}.${process.pid}.${randomUUID().slice(0, 8)}`
  writeFileSync(draft, mine, { mode: 0o600 })
  inheritOwner(draft)
  try {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      if (tryLink(draft, file)) return { release: () => release(file, mine) }
      const theirs = readOrEmpty(file)
      if (isAlive(theirs)) break
      removeStale(file, theirs)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  const holder = holderOf(readOrEmpty(file))
  throw new ClusterError(
    'in-use',
    `Blue Ship Sync already runs on ${folder}${holder === null ? '' : ` (process ${holder.pid})`}: stop it first, or choose another data folder.`,
  )
}

function tryLink(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Two starters may find the same stale lock; the slower must not remove the new lock of the faster. */
function removeStale(file: string, judged: string): void {
  const aside = `${file}.stale.${randomUUID().slice(0, 8)}`
  try {
    renameSync(file, aside)
  } catch {
    return // The other starter was faster.
  }
  if (readOrEmpty(aside) !== judged) tryLink(aside, file)
  rmSync(aside, { force: true })
}

function release(file: string, mine: string): void {
  if (readOrEmpty(file) === mine) rmSync(file, { force: true })
}

function isAlive(text: string): boolean {
  const holder = holderOf(text)
  return holder !== null && holder.stamp !== null && processStamp(holder.pid) === holder.stamp
}

function holderOf(text: string): { pid: number; stamp: string | null } | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') return null
  return { pid: value.pid, stamp: 'stamp' in value && typeof value.stamp === 'string' ? value.stamp : null }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
