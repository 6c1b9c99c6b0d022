import { readFileSync, rmSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
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
  requireNoStranger(lockFile)
  const postmaster = findPostmaster(dataDir)
  if (postmaster !== undefined) await stopLeftover(postmaster)
  // Children outlive a killed postmaster for a moment and still hold its shared memory.
  const orphans = (): RunningProcess[] => listProcesses().filter((each) => each.command.startsWith(`postgres: ${processTitle}: `))
  for (const each of orphans()) signal(each.pid, postmaster === undefined ? 'SIGKILL' : 'SIGTERM')
  if (!(await waitUntilGone(() => orphans().length === 0, 10_000))) {
    throw new ClusterError('in-use', `An old PostgreSQL process (${orphans()[0]?.pid ?? 0}) still holds ${dataDir} and does not end: stop it and start again.`)
  }
  // The number in it may belong to a stranger by now, and the server would refuse to start because of him.
  rmSync(lockFile, { force: true })
}

/** Ends the initdb of a killed start, with the servers it runs to fill the folder: it would write on into what we remove. */
export async function endUnfinished(folder: string): Promise<void> {
  const draft = ` -D ${join(folder, 'primary.unfinished-')}`
  const busy = (): RunningProcess[] => {
    const all = listProcesses()
    const found = all.filter((each) => each.command.includes(draft) && /^(initdb|postgres)$/.test(basename(each.command.split(' ')[0] ?? '')))
    // A list that grows while it is walked: children, and the children of those.
    for (const parent of found) found.push(...all.filter((each) => each.parent === parent.pid && !found.includes(each)))
    return found
  }
  for (const each of busy()) signal(each.pid, 'SIGKILL')
  if (!(await waitUntilGone(() => busy().length === 0, 5000))) {
    throw new ClusterError('in-use', `An interrupted creation of the database (process ${busy()[0]?.pid ?? 0}) still runs in ${folder} and does not end: stop it and start again.`)
  }
}

/** Only a process that is a postgres and was started on this very directory counts; a number in a file alone proves nothing. */
function findPostmaster(dataDir: string): RunningProcess | undefined {
  const found = listProcesses().filter((each) => dataDirOf(each) === dataDir)
  // A child that was forked a moment ago still bears its parent's command line.
  return found.find((each) => !found.some((other) => other.pid === each.parent))
}

/** A server started by hand with a relative path cannot be told from ours, so it is neither killed nor started beside. */
function requireNoStranger(lockFile: string): void {
  const pid = Number(firstLine(lockFile))
  const holder = Number.isInteger(pid) && pid > 0 ? findProcess(pid) : undefined
  const theirs = holder === undefined ? null : dataDirOf(holder)
  if (theirs === null || isAbsolute(theirs)) return
  throw new ClusterError('in-use', `A PostgreSQL server that Blue Ship Sync did not start (process ${pid}) may be using ${dirname(lockFile)}: stop it and start again.`)
}

/** The directory a postmaster was started on; `null` for everything else, its own children included. */
function dataDirOf({ command }: RunningProcess): string | null {
  const [program = '', ...rest] = command.split(' -D ')
  return /^(postgres|postmaster)$/.test(basename(program.trim())) ? rest.join(' -D ').trim() : null
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
