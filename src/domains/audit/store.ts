// All SQL about the trail.
import type { ActorId } from '../../kernel/ids.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { cursorOf, type Page } from '../../kernel/page.ts'
import * as column from '../../platform/db/row.ts'
import { read, write } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { ACTOR_KINDS, type AuditChange, type AuditEntry, type AuditEntryId } from './contract.ts'

/** So many entries are looked at for one page. A filter that matches nothing must not read years of somebody's trail in one go. */
export const WINDOW = 10_000

const entry = {
  id: column.id<AuditEntryId>(), at: column.instant, actorKind: column.oneOf(ACTOR_KINDS), actorId: column.id<ActorId>(), actorName: column.text,
  operation: column.text, requestId: column.text, changes: column.decoded(changesOf), isErased: column.bool, position: column.nullable(column.int),
}
const end = { id: column.id<AuditEntryId>(), size: column.int }

/** The last entry of the window, and how many there are in it. `$4` is the cursor. */
const windowEnd = {
  newest: read('audit:read', `
    select scanned.id, count(*) over () as size
      from (select e.id from bss.audit_entry e
             where e.organization_id = $1 and ($2::uuid is null or e.id >= $2) and ($3::uuid is null or e.id < $3) and ($4::uuid is null or e.id < $4)
             order by e.id desc limit $5::int) as scanned
     order by scanned.id limit 1`, end),
  oldest: read('audit:read', `
    select scanned.id, count(*) over () as size
      from (select e.id from bss.audit_entry e
             where e.organization_id = $1 and ($2::uuid is null or e.id >= $2) and ($3::uuid is null or e.id < $3) and ($4::uuid is null or e.id > $4)
             order by e.id limit $5::int) as scanned
     order by scanned.id desc limit 1`, end),
}
const inWindow = {
  newest: read('audit:read', `
    select e.id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.operation, e.request_id, e.changes, e.salt = '00000000-0000-0000-0000-000000000000' as is_erased,
           (select l.position from bss.audit_link l where l.organization_id = $1 and l.entry_id = e.id) as position
      from bss.audit_entry e
     where e.organization_id = $1 and e.id >= $2 and ($3::uuid is null or e.id < $3) and ($4::uuid is null or e.id < $4)
       and ($5::text is null or e.operation = $5) and ($6::text is null or e.operation ^@ $6) and ($7::uuid is null or e.actor_id = $7) and ($8::text is null or e.request_id = $8)
       and ($9::timestamptz is null or e.at >= $9) and ($10::timestamptz is null or e.at < $10) and ($11::jsonb is null or e.changes @> $11::jsonb)
     order by e.id desc limit $12::int`, entry),
  oldest: read('audit:read', `
    select e.id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.operation, e.request_id, e.changes, e.salt = '00000000-0000-0000-0000-000000000000' as is_erased,
           (select l.position from bss.audit_link l where l.organization_id = $1 and l.entry_id = e.id) as position
      from bss.audit_entry e
     where e.organization_id = $1 and e.id <= $2 and ($3::uuid is null or e.id >= $3) and ($4::uuid is null or e.id > $4)
       and ($5::text is null or e.operation = $5) and ($6::text is null or e.operation ^@ $6) and ($7::uuid is null or e.actor_id = $7) and ($8::text is null or e.request_id = $8)
       and ($9::timestamptz is null or e.at >= $9) and ($10::timestamptz is null or e.at < $10) and ($11::jsonb is null or e.changes @> $11::jsonb)
     order by e.id limit $12::int`, entry),
}
/** What touched one thing: by the index that is written with the chain, and the few entries that are not tied on yet by looking at each. */
const touching = read('audit:read', `
  with touched as (
    select s.entry_id as id from bss.audit_subject s where s.organization_id = $1 and s.subject = left($2, 200) and ($3::text is null or s.entity = left($3, 200))
    union
    select e.id from bss.audit_entry e left join bss.audit_head h on h.organization_id = $1
     where e.organization_id = $1 and (e.transaction_id, e.id) > (bss.audit_reached(h.reached_transaction), coalesce(h.reached_entry, '00000000-0000-0000-0000-000000000000')) and e.changes @> $4::jsonb)
  select e.id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.operation, e.request_id, e.changes, e.salt = '00000000-0000-0000-0000-000000000000' as is_erased,
         (select l.position from bss.audit_link l where l.organization_id = $1 and l.entry_id = e.id) as position
    from touched t join bss.audit_entry e on e.organization_id = $1 and e.id = t.id
   where ($5::text is null or e.operation = $5) and ($6::text is null or e.operation ^@ $6) and ($7::uuid is null or e.actor_id = $7) and ($8::text is null or e.request_id = $8)
     and ($9::timestamptz is null or e.at >= $9) and ($10::timestamptz is null or e.at < $10)
     and ($11::uuid is null or case when $12 then e.id < $11 else e.id > $11 end)
   order by case when $12 then e.id end desc, e.id limit $13::int`, entry)

const one = read('audit:read', `
  select e.id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.operation, e.request_id, e.changes, e.salt = '00000000-0000-0000-0000-000000000000' as is_erased,
         (select l.position from bss.audit_link l where l.organization_id = $1 and l.entry_id = e.id) as position
    from bss.audit_entry e where e.organization_id = $1 and e.id = $2`, entry)

export interface AuditFilter {
  readonly operation: string | null
  readonly operationPrefix: string | null
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
export interface AuditPage {
  readonly filter: AuditFilter
  readonly order: 'newest' | 'oldest'
  /** The entry after which the page begins, in the order asked for. */
  readonly after: string | null
  readonly limit: number
  readonly window?: number
}

/** One page. It ends where `limit` matches are found or the window is read through, whichever comes first. */
export async function listEntries(tx: Tx<'read', 'audit:read'>, { filter, order, after, limit, window = WINDOW }: AuditPage): Promise<Page<AuditEntry>> {
  const { operation, operationPrefix, actorId, requestId, from, to, entityId, entity } = filter
  const conditions = [operation, operationPrefix, actorId, requestId, from, to]
  const example = entity === null && entityId === null ? null : JSON.stringify([{ ...(entity === null ? {} : { entity }), ...(entityId === null ? {} : { id: entityId }) }])
  if (entityId !== null) return cut(await tx.rows(touching, [entityId, entity, example, ...conditions, after, order === 'newest', limit + 1]), limit, null)
  const found = await tx.maybe(windowEnd[order], [filter.idsFrom, filter.idsBefore, after, window])
  if (found === null) return { items: [], nextCursor: null }
  const bounds = order === 'newest' ? [found.id, filter.idsBefore, after] : [found.id, filter.idsFrom, after]
  return cut(await tx.rows(inWindow[order], [...bounds, ...conditions, example, limit + 1]), limit, found.size === window ? found.id : null)
}

function cut(rows: readonly column.Row<typeof entry>[], limit: number, goOnFrom: string | null): Page<AuditEntry> {
  const items = rows.slice(0, limit).map(asWire)
  const last = items.at(-1)
  if (rows.length > limit && last !== undefined) return { items, nextCursor: cursorOf([last.id]) }
  return { items, nextCursor: goOnFrom === null ? null : cursorOf([goOnFrom]) }
}

/** One entry; a foreign one is as missing as one that never was. */
export const getEntry = async (tx: Tx<'read', 'audit:read'>, id: AuditEntryId): Promise<AuditEntry> => asWire(await tx.one('audit entry', one, [id]))

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

/** Entries that are tied on and not erased yet: what one actor did, what was done to one thing, or those named. */
const erasable = write('audit:read', `
  select e.id from bss.audit_entry e
    join bss.audit_link l on l.organization_id = $1 and l.entry_id = e.id
   where e.organization_id = $1 and e.salt <> '00000000-0000-0000-0000-000000000000'
     and ($2::uuid[] is null or e.id = any ($2)) and ($3::uuid is null or e.actor_id = $3)
     and ($4::text is null or e.id in (select s.entry_id from bss.audit_subject s where s.organization_id = $1 and s.subject = left($4, 200) and s.entity = left($5, 200)))
   order by e.id limit $6::int`, { id: column.id<AuditEntryId>() })
const erased = write('identity:write', `
  select e.id from unnest($2::uuid[]) as e (id) where sec.erase_audit_entry(e.id) and exists (select from bss.organization o where o.organization_id = $1)`, { id: column.id<AuditEntryId>() })

export interface ErasureOf {
  readonly ids: readonly string[] | null
  readonly actorId: string | null
  readonly entity: string | null
  readonly entityId: string | null
}
/** Erases at most `limit` entries; the trail says which, by whom and why. */
export async function eraseEntries(tx: Tx<'write', 'identity:write' | 'audit:read'>, { ids, actorId, entity, entityId }: ErasureOf, limit: number, reason: string): Promise<{ readonly erased: number; readonly isComplete: boolean }> {
  const found = await tx.rows(erasable, [ids, actorId, entityId, entity, limit + 1])
  const gone = await tx.rows(erased, [found.slice(0, limit).map(({ id }) => id)])
  for (const { id } of gone) tx.changed({ entity: 'audit_entry', id, action: 'erased', after: { reason } })
  return { erased: gone.length, isComplete: found.length <= limit }
}
