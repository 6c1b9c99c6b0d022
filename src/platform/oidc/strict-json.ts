import { isRecord } from '../../kernel/json.ts'
import { Problem } from '../../kernel/problem.ts'
import { readJson } from '../http/json-text.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * An object from JSON text. The reader of request bodies does it: a member that is there twice has two meanings, one for each
 * of two programs that read it, and which of them is checked is then a matter of luck.
 */
export function readObject(bytes: Uint8Array): JsonObject | 'malformed' | 'duplicate' {
  try {
    const value = readJson(bytes)
    return isRecord(value) ? value : 'malformed'
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return error.errors.some(({ code }) => code === 'duplicate') ? 'duplicate' : 'malformed'
  }
}
