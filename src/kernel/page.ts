// Lists are windows: `limit` and an opaque `after` cursor in, `items` and `nextCursor` out.
import Type from 'typebox'
import { isList } from './json.ts'

export const PAGE_LIMIT_MAX = 200
export const PAGE_LIMIT_DEFAULT = 50

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT })),
  after: Type.Optional(Type.String({ maxLength: 500, description: 'nextCursor of the page before' })),
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** The schema of a page of some item. */
export const pageOf = <S extends Type.TSchema>(item: S) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) }, { additionalProperties: false })

/** Writes the sort key of the last row as a cursor. The cursor carries no authority: row security applies to the next page as well. */
export const cursorOf = (parts: readonly (string | null)[]): string => toBase64Url(JSON.stringify(parts))

/** Reads a cursor of `count` parts; null when it is malformed. */
export function readCursor(cursor: string, count: number): readonly (string | null)[] | null {
  try {
    const parsed: unknown = JSON.parse(fromBase64Url(cursor))
    if (!isList(parsed) || parsed.length !== count) return null
    const parts: (string | null)[] = []
    for (const part of parsed) {
      if (part !== null && typeof part !== 'string') return null
      parts.push(part)
    }
    return parts
  } catch {
    return null
  }
}

/** Cuts limit + 1 fetched rows into a page; `keyOf` gives the cursor parts of a row. */
export function pageFrom<T>(rows: readonly T[], limit: number, keyOf: (row: T) => readonly (string | null)[]): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(keyOf(last)) : null }
}

const toBase64Url = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
const fromBase64Url = (text: string): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0)))
