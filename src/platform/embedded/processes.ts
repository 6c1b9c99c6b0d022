import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

export interface RunningProcess {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** Every process that still runs. Zombies have no command line any more and are left out: they hold nothing. */
export function listProcesses(): RunningProcess[] {
  if (process.platform !== 'linux') return listWithPs()
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProc(Number(name)) ?? [])
}

export function findProcess(pid: number): RunningProcess | undefined {
  if (process.platform !== 'linux') return listWithPs().find((each) => each.pid === pid)
  return readProc(pid)
}

/** Tells two processes apart that had the same number one after the other; `null` when nobody has it. */
export function processStamp(pid: number): string | null {
  try {
    // The command in brackets may contain spaces, so the fields are counted after the last bracket: the 20th is the start time.
    if (process.platform === 'linux') return fieldsAfterName(pid)[19] ?? null
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
  } catch {
    return null
  }
}

/** Sends a signal to a process that may just have gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has gone, which is what a signal was for.
  }
}

/** Waits until none of these runs any more; false when time ran out. */
export async function waitUntilGone(isGone: () => boolean, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (!isGone()) {
    if (performance.now() > deadline) return false
    await pause(15)
  }
  return true
}

export async function pause(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
}

function readProc(pid: number): RunningProcess | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    if (command === '') return undefined
    return { pid, parent: Number(fieldsAfterName(pid)[1]), command }
  } catch {
    return undefined // It ended while we looked.
  }
}

function fieldsAfterName(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function listWithPs(): RunningProcess[] {
  const table = execFileSync('ps', ['-axwwo', 'pid=,ppid=,command='], { encoding: 'utf8', maxBuffer: 16_000_000 })
  return table.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(.+)$/.exec(line)
    const command = parts?.[3]
    if (command === undefined || command.startsWith('<defunct>')) return []
    return [{ pid: Number(parts?.[1]), parent: Number(parts?.[2]), command }]
  })
}
