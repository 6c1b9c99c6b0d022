import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './config.ts'

/**
 * The service's secret: from the setting, or made once and kept in the data folder, readable by its owner only. `hasSealed` says whether the
 * database was worked with before: then a secret was there, and a new one in its place would open nothing of what the old one sealed.
 */
export async function loadSecret(given: string | null, dataDir: string, hasSealed: () => Promise<boolean>): Promise<Uint8Array> {
  if (given !== null) return Buffer.from(given, 'utf8')
  const file = join(dataDir, 'service-secret')
  if (!existsSync(file)) {
    if (await hasSealed()) throw new ConfigError(`${file} is missing, and the database was set up with it. What it sealed (client secrets of identity providers, signing keys) cannot be read without it. Restore the file from a backup, or give its content in BSS_SECRET.`)
    make(file, dataDir)
  }
  const text = readFileSync(file, 'utf8').trim()
  if (text.length < 32) throw new ConfigError(`${file} is damaged: it holds fewer than 32 characters. Restore it, or start with a new data folder.`)
  return Buffer.from(text, 'utf8')
}

/** Two that start at once: the first makes it, and both read the same. */
function make(file: string, dataDir: string): void {
  mkdirSync(dataDir, { recursive: true })
  try {
    writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
