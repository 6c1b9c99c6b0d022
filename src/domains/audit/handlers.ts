import type { FieldClass } from '../../kernel/access.ts'
import type { Handlers } from '../../kernel/contract.ts'
import { isUuid } from '../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT, readCursor } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Database } from '../../platform/db/database.ts'
import { createOutbound, type Outbound } from '../../platform/outbound/outbound.ts'
import { chainHandlers } from './chain/handlers.ts'
import { type auditApi, type AuditEntry, type AuditQuery, type Erasure, ERASED_MAX } from './contract.ts'
import { shownTo } from './masking.ts'
import { idsBefore, idsFrom } from './rules.ts'
import { eraseEntries, getEntry, listEntries, type AuditFilter } from './store.ts'
import { streamHandlers } from './streams/handlers.ts'

/** Entries are about the whole organization and carry no site, so that nobody who is limited to some sites reads any of them. */
export const auditHandlers = (database: Database, outbound: Outbound = createOutbound()): Handlers<typeof auditApi> => ({
  listAuditEntries: async ({ ctx, query }) => {
    ctx.needAllSites()
    const wanted = { filter: filterOf(query), order: query.order ?? 'newest', after: query.after === undefined ? null : cursorId(query.after), limit: query.limit ?? PAGE_LIMIT_DEFAULT }
    const page = await database.read(ctx, (tx) => listEntries(tx, wanted))
    return { ...page, items: page.items.map((entry) => asShown(entry, ctx.facts.fieldClasses)) }
  },
  getAuditEntry: async ({ ctx, params }) => {
    ctx.needAllSites()
    return asShown(await database.read(ctx, (tx) => getEntry(tx, params.entryId)), ctx.facts.fieldClasses)
  },
  eraseAuditEntries: ({ ctx, body }) => {
    ctx.needAllSites()
    refuseVague(body)
    const what = { ids: body.entryIds ?? null, actorId: body.actorId ?? null, entity: body.entity ?? null, entityId: body.entityId ?? null }
    return database.write(ctx, (tx) => eraseEntries(tx, what, ERASED_MAX, body.reason))
  },
  ...chainHandlers(database),
  ...streamHandlers(database, outbound),
})

const asShown = (entry: AuditEntry, classes: ReadonlySet<FieldClass>): AuditEntry => ({ ...entry, changes: entry.changes.map((change) => shownTo(classes, change)) })

/** Erasing cannot be undone: what it is about must be said, and in one way only. */
function refuseVague({ entryIds, actorId, entity, entityId }: Erasure): void {
  const ways = [entryIds, actorId, entityId].filter((way) => way !== undefined).length
  if (ways !== 1) throw new Problem('invalid', 'Say what to erase: entryIds, actorId, or entity with entityId.', { errors: [{ pointer: '', code: 'vague', message: 'Exactly one of entryIds, actorId and entityId is needed.' }] })
  if ((entity === undefined) !== (entityId === undefined)) {
    throw new Problem('invalid', 'A thing is named by entity and entityId.', { errors: [{ pointer: entity === undefined ? '/entity' : '/entityId', code: 'required', message: 'Needed beside the other.' }] })
  }
}

function filterOf(query: AuditQuery): AuditFilter {
  const { 'filter[from]': from, 'filter[to]': to } = query
  return {
    operation: query['filter[operation]'] ?? null,
    operationPrefix: query['filter[operationPrefix]'] ?? null,
    actorId: query['filter[actorId]'] ?? null,
    requestId: query['filter[requestId]'] ?? null,
    entity: query['filter[entity]'] ?? null,
    entityId: query['filter[entityId]'] ?? null,
    from: from ?? null,
    to: to ?? null,
    idsFrom: from === undefined ? null : idsFrom(from),
    idsBefore: to === undefined ? null : idsBefore(to),
  }
}

function cursorId(cursor: string): string {
  const id = readCursor(cursor, 1)?.[0]
  if (typeof id === 'string' && isUuid(id)) return id
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}
