// CPU time of other processes, from /proc. Server, database and load share the cores here, so CPU an order counts as much as orders a second.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Linux counts in hundredths of a second, whatever the kernel's own tick. */
const TICK_MS = 10

interface Stat {
  readonly parent: number
  readonly ownMs: number
  /** Of children that have ended and were waited for. */
  readonly endedMs: number
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
    const at = (index: number): number => fields[index] ?? 0
    return { parent: at(1), ownMs: (at(11) + at(12)) * TICK_MS, endedMs: (at(13) + at(14)) * TICK_MS }
  } catch {
    return null
  }
}

/** CPU milliseconds of a process so far; null where there is no /proc. */
export const cpuMsOf = (pid: number): number | null => statOf(pid)?.ownMs ?? null

/** CPU milliseconds of a PostgreSQL server with all its processes, those that have ended included. */
export function cpuMsOfServer(dataFolder: string): number | null {
  const postmaster = postmasterOf(dataFolder)
  const own = postmaster === null ? null : statOf(postmaster)
  if (own === null) return null
  let sum = own.ownMs + own.endedMs
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = statOf(Number(name))
    if (stat !== null && stat.parent === postmaster) sum += stat.ownMs
  }
  return sum
}

function postmasterOf(dataFolder: string): number | null {
  try {
    return Number(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return null
  }
}

/** Resident memory now and at its peak, in megabytes. */
export function memoryOf(pid: number): { readonly nowMb: number; readonly peakMb: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN)
    return { nowMb: kb('VmRSS') / 1024, peakMb: kb('VmHWM') / 1024 }
  } catch {
    return null
  }
}
