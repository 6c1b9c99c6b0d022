import { isUuid } from '../../kernel/ids.ts'
import { readCursor } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problem.ts'

/** The id after which a list goes on; null for the first page. */
export function afterId(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const id = readCursor(cursor, 1)?.[0]
  if (typeof id === 'string' && isUuid(id)) return id
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}
