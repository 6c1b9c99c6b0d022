import type { Handlers } from '../../kernel/contract.ts'
import { isUuid } from '../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT, readCursor } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Database } from '../../platform/db/database.ts'
import type { auditApi, AuditQuery } from './contract.ts'
import { idsBefore, idsFrom, lower } from './rules.ts'
import { listEntries, type AuditFilter } from './store.ts'

export const auditHandlers = (database: Database): Handlers<typeof auditApi> => ({
  listAuditEntries: async ({ ctx, query }) => {
    const page = await database.read(ctx, (tx) => listEntries(tx, filterOf(query), query.limit ?? PAGE_LIMIT_DEFAULT))
    return { ...page, items: [...page.items] }
  },
})

function filterOf(query: AuditQuery): AuditFilter {
  const { 'filter[from]': from, 'filter[to]': to } = query
  return {
    operation: query['filter[operation]'] ?? null,
    actorId: query['filter[actorId]'] ?? null,
    requestId: query['filter[requestId]'] ?? null,
    entity: query['filter[entity]'] ?? null,
    entityId: query['filter[entityId]'] ?? null,
    from: from ?? null,
    to: to ?? null,
    idsFrom: from === undefined ? null : idsFrom(from),
    idsBefore: lower(query.after === undefined ? null : cursorId(query.after), to === undefined ? null : idsBefore(to)),
  }
}

function cursorId(cursor: string): string {
  const id = readCursor(cursor, 1)?.[0]
  if (typeof id === 'string' && isUuid(id)) return id
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}
