// What a figure depends on besides the code: said with every result, since figures of two machines do not compare.
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly platform: string
  readonly node: string
  readonly postgres: string
  readonly pgbench: string
  readonly commit: string
}

const said = (program: string, args: readonly string[]): string => {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], cwd: import.meta.dirname }).trim()
  } catch {
    return 'none'
  }
}

export function machineOf(postgres: string): Machine {
  const isChanged = said('git', ['status', '--porcelain', '--untracked-files=no']) !== ''
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    postgres,
    pgbench: said('pgbench', ['--version']).replace(/^pgbench \(PostgreSQL\) /, ''),
    commit: said('git', ['rev-parse', '--short', 'HEAD']) + (isChanged ? ' with changes' : ''),
  }
}

export const machineText = (machine: Machine): string =>
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.platform}; Node ${machine.node}, PostgreSQL ${machine.postgres}, pgbench ${machine.pgbench}; commit ${machine.commit}`
