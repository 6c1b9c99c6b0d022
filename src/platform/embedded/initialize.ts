import { spawn } from 'node:child_process'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Account } from './account.ts'
import { giveTo } from './account.ts'
import type { Binaries } from './binaries.ts'
import { explainServerOutput } from './cluster-error.ts'
import type { Secrets } from './home.ts'
import { unfinished } from './home.ts'
import { identity, SERVER_ENVIRONMENT } from './server.ts'
import { REPLICATOR, SUPERUSER } from './settings.ts'

/** The name that the rest of the product knows the database and its owner by. */
export const DATABASE = 'bss'
export const PLATFORM_ROLE = 'bss_platform'

/** Makes a whole new primary, or nothing: it gets its real name only when its roles and its database are in it. */
export async function initializePrimary(dataDir: string, binaries: Binaries, account: Account | null, secrets: Secrets): Promise<void> {
  const draft = unfinished(dataDir)
  mkdirSync(draft, { mode: 0o700 })
  try {
    giveTo(account, draft)
    await run('initdb', binaries.initdb, initdbArguments(draft), '', account, dirname(dataDir))
    // Single-user mode: no port, no other client, no moment in which the server is open without passwords.
    const single = ['--single', '-c', 'exit_on_error=on', '-c', 'log_checkpoints=off', '-c', 'log_min_error_statement=panic', '-D', draft, 'postgres']
    await run('PostgreSQL', binaries.postgres, single, firstStatements(secrets), account, dirname(dataDir))
    renameSync(draft, dataDir)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
}

function initdbArguments(dataDir: string): string[] {
  return [
    '-D', dataDir, '-U', SUPERUSER, '--encoding=UTF8', '--data-checksums',
    // The builtin provider sorts by code point on every machine and for ever; a library's locale changes with its
    // version, and indexes built under the old order then lie. ICU collations remain available per column.
    '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8',
    '--auth=reject', // Replaced before the first start by our own rules; until then nobody may enter.
    '--no-instructions',
  ]
}

/** One statement a line, as single-user mode reads them. The passwords' alphabet needs no quoting. */
function firstStatements(secrets: Secrets): string {
  return [
    `ALTER ROLE ${SUPERUSER} PASSWORD '${secrets.superuser}'`,
    `CREATE ROLE ${REPLICATOR} LOGIN REPLICATION PASSWORD '${secrets.replicator}'`,
    `CREATE ROLE ${PLATFORM_ROLE} LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD '${secrets.platform}'`,
    `CREATE DATABASE ${DATABASE} OWNER ${PLATFORM_ROLE}`,
    '',
  ].join('\n')
}

async function run(what: string, program: string, arguments_: readonly string[], input: string, account: Account | null, folder: string): Promise<void> {
  const child = spawn(program, arguments_, { cwd: '/', env: SERVER_ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'], ...identity(account) })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => (output = (output + text).slice(-8192)))
  }
  child.stdin.on('error', () => undefined) // A program that ended early says why in its output.
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw explainServerOutput(what, output, folder)
}
