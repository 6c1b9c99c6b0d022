import { readFileSync, rmSync } from 'node:fs'
import { basename, isAbsolute, join } from 'node:path'
import { ClusterError } from './cluster-error.ts'
import { findProcess, listProcesses, signal, waitUntilGone } from './processes.ts'
import type { RunningProcess } from './processes.ts'

/**
 * Ends what a killed predecessor left running on a data directory, and clears its stale lock file.
 *
 * A leftover server is stopped, never adopted: we are not its parent, so we would not learn of its death, and it runs
 * with the settings and the release of yesterday. Stopping costs a fraction of a second. The folder's lock is ours by
 * now, so nobody uses that server any more.
 */
export async function clearLeftovers(dataDir: string, processTitle: string): Promise<void> {
  const lockFile = join(dataDir, 'postmaster.pid')
  const postmaster = postmasterOf(lockFile, dataDir)
  if (postmaster !== null) await stopLeftover(postmaster)
  // Children outlive a killed postmaster for a moment and still hold its shared memory.
  const orphans = (): RunningProcess[] => listProcesses().filter((each) => each.command.startsWith(`postgres: ${processTitle}: `))
  for (const each of orphans()) signal(each.pid, postmaster === null ? 'SIGKILL' : 'SIGTERM')
  if (!(await waitUntilGone(() => orphans().length === 0, 10_000))) {
    throw new ClusterError('in-use', `An old PostgreSQL process (${orphans()[0]?.pid ?? 0}) still holds ${dataDir} and does not end: stop it and start again.`)
  }
  // The number in it may belong to a stranger by now, and the server would refuse to start because of him.
  rmSync(lockFile, { force: true })
}

/** Only a process that is a postgres and was started on this very directory counts; a number alone proves nothing. */
function postmasterOf(lockFile: string, dataDir: string): RunningProcess | null {
  const pid = Number(firstLine(lockFile))
  const found = Number.isInteger(pid) && pid > 0 ? findProcess(pid) : undefined
  if (found === undefined || found.command.startsWith('postgres: ')) return null
  const [program = '', ...rest] = found.command.split(' -D ')
  if (!/^(postgres|postmaster)$/.test(basename(program.trim()))) return null
  const theirs = rest.join(' -D ').trim()
  if (theirs === dataDir) return found
  if (isAbsolute(theirs)) return null // Its own number, reused by the server of another folder.
  throw new ClusterError('in-use', `A PostgreSQL server that Blue Ship Sync did not start (process ${pid}) may be using ${dataDir}: stop it and start again.`)
}

async function stopLeftover(postmaster: RunningProcess): Promise<void> {
  const isGone = (): boolean => findProcess(postmaster.pid)?.command !== postmaster.command
  for (const [name, patience] of [['SIGINT', 10_000], ['SIGQUIT', 5_000], ['SIGKILL', 5_000]] as const) {
    if (isGone()) return
    signal(postmaster.pid, name)
    if (await waitUntilGone(isGone, patience)) return
  }
  throw new ClusterError('in-use', `An old PostgreSQL server (process ${postmaster.pid}) does not end: stop it and start again.`)
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n')[0] ?? ''
  } catch {
    return ''
  }
}
