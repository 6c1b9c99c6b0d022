// All SQL about the trail.
import type { ActorId } from '../../kernel/ids.ts'
import { cursorOf, type Page } from '../../kernel/page.ts'
import * as column from '../../platform/db/row.ts'
import { read } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { ACTOR_KINDS, type AuditChange, type AuditEntry, type AuditEntryId } from './contract.ts'
import { isList, isRecord } from '../../kernel/json.ts'

/** So many entries are looked at for one page. A filter that matches nothing must not read years of somebody's trail in one go. */
export const WINDOW = 10_000

const entry = {
  id: column.id<AuditEntryId>(), at: column.instant, actorKind: column.oneOf(ACTOR_KINDS), actorId: column.id<ActorId>(), actorName: column.text,
  operation: column.text, requestId: column.text, changes: column.decoded(changesOf),
}
/** The oldest entry of the window, and how many there are in it. */
const windowEnd = read('audit:read', `
  select scanned.id, count(*) over () as size
    from (select e.id from bss.audit_entry e
           where e.organization_id = $1 and ($2::uuid is null or e.id < $2) and ($3::uuid is null or e.id >= $3)
           order by e.id desc limit $4::int) as scanned
   order by scanned.id limit 1`, { id: column.id<AuditEntryId>(), size: column.int })
const entries = read('audit:read', `
  select id, at, actor_kind, actor_id, actor_name, operation, request_id, changes from bss.audit_entry
   where organization_id = $1 and id >= $2 and ($3::uuid is null or id < $3)
     and ($4::text is null or operation = $4) and ($5::uuid is null or actor_id = $5) and ($6::text is null or request_id = $6)
     and ($7::jsonb is null or changes @> $7::jsonb) and ($8::timestamptz is null or at >= $8) and ($9::timestamptz is null or at < $9)
   order by id desc limit $10::int`, entry)

export interface AuditFilter {
  readonly operation: string | null
  readonly actorId: string | null
  readonly requestId: string | null
  readonly entity: string | null
  readonly entityId: string | null
  readonly from: string | null
  readonly to: string | null
  /** Bounds of the primary key: ids from (inclusive) and before (exclusive). */
  readonly idsFrom: string | null
  readonly idsBefore: string | null
}

/** One page, newest first. It ends where `limit` matches are found or the window is read through, whichever comes first. */
export async function listEntries(tx: Tx<'read', 'audit:read'>, filter: AuditFilter, limit: number, window: number = WINDOW): Promise<Page<AuditEntry>> {
  const end = await tx.maybe(windowEnd, [filter.idsBefore, filter.idsFrom, window])
  if (end === null) return { items: [], nextCursor: null }
  const { operation, actorId, requestId, from, to } = filter
  const rows = await tx.rows(entries, [end.id, filter.idsBefore, operation, actorId, requestId, touching(filter), from, to, limit + 1])
  const items = rows.slice(0, limit).map(asWire)
  const last = items.at(-1)
  if (rows.length > limit && last !== undefined) return { items, nextCursor: cursorOf([last.id]) }
  return { items, nextCursor: end.size === window ? cursorOf([end.id]) : null }
}

/** Entries of which one change is of this kind, on this thing. */
const touching = ({ entity, entityId }: AuditFilter): string | null =>
  entity === null && entityId === null ? null : JSON.stringify([{ ...(entity === null ? {} : { entity }), ...(entityId === null ? {} : { id: entityId }) }])

const asWire = ({ actorKind, actorId, actorName, changes, ...row }: column.Row<typeof entry>): AuditEntry => ({
  ...row, actor: { kind: actorKind, id: actorId, name: actorName }, changes: [...changes],
})

function changesOf(value: unknown): readonly AuditChange[] {
  if (!isList(value)) throw new TypeError('The changes of an audit entry are no list.')
  return value.filter(isRecord).map((change) => ({
    entity: String(change['entity']), id: String(change['id']), action: String(change['action']),
    ...(change['before'] === undefined ? {} : { before: change['before'] }), ...(change['after'] === undefined ? {} : { after: change['after'] }),
  }))
}
