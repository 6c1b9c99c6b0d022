import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './config.ts'

/** The service's secret: from the setting, or made once and kept in the data folder, readable by its owner only. */
export function loadSecret(given: string | null, dataDir: string): Uint8Array {
  if (given !== null) return Buffer.from(given, 'utf8')
  const file = join(dataDir, 'service-secret')
  mkdirSync(dataDir, { recursive: true })
  try {
    writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const text = readFileSync(file, 'utf8').trim()
  if (text.length < 32) throw new ConfigError(`${file} is damaged: it holds fewer than 32 characters. Restore it, or start with a new data folder.`)
  return Buffer.from(text, 'utf8')
}
