// All SQL about scans and their devices.
import type { SiteId, TaskId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../../inventory/index.ts'
import type { Working } from '../work/store.ts'
import type { Scan, ScanDeviceId, ScanDraft, ScanId } from './contract.ts'
import { OUTCOMES, RESOLUTIONS, SCAN_CODES } from './rules.ts'

const shape = {
  id: column.id<ScanId>(), deviceId: column.text, sequence: column.int, key: column.text, siteId: column.nullable(column.id<SiteId>()), taskId: column.id<TaskId>(), occurredAt: column.instant, deviceTime: column.instant, isClockOff: column.bool,
  barcode: column.nullable(column.text), lot: column.nullable(column.text), location: column.nullable(column.text), toLocation: column.nullable(column.text), quantity: column.nullable(column.quantity),
  outcome: column.oneOf(OUTCOMES), code: column.nullable(column.oneOf(SCAN_CODES)), message: column.nullable(column.text), resolution: column.nullable(column.oneOf(RESOLUTIONS)), reason: column.nullable(column.text),
  resolvedAt: column.nullable(column.instant), receivedAt: column.instant,
}
const SCAN = `select s.id, d.code as device_id, s.sequence, s.key, s.site_id, s.named_task as task_id, s.occurred_at, s.device_time, s.is_clock_off, s.barcode, s.lot, s.location, s.to_location, s.quantity,
    s.outcome, s.code, s.message, s.resolution, s.reason, s.resolved_at, s.created_at as received_at
  from bss.scan s join bss.scan_device d on d.organization_id = $1 and d.id = s.device_id where s.organization_id = $1`
const filters = { siteId: 's.site_id = ?::uuid', taskId: 's.task_id = ?::uuid', deviceId: 'd.code = ?', outcome: 's.outcome = ?' }
const received = { sorts: { received: { sql: 's.id', type: 'uuid', of: (row: { readonly id: ScanId }) => row.id } }, tie: { sql: 's.id', type: 'uuid', of: (row: { readonly id: ScanId }) => row.id } } as const
export const listScans = listing('tasks:read', { select: SCAN, shape, filters, ...received })
export const listScansToReconcile = listing('tasks:manage', { select: `${SCAN} and s.outcome = 'queued' and s.resolution is null`, shape, filters, ...received })

const devices = listing('tasks:read', {
  select: `select d.code as device_id, d.received, d.last_sequence, d.heard_at,
      (select coalesce(jsonb_agg(case when upper(r) = lower(r) + 1 then lower(r)::text else lower(r) || '-' || upper(r) - 1 end order by r desc), '[]') from unnest(d.missing) r) as missing
    from bss.scan_device d where d.organization_id = $1`,
  shape: { deviceId: column.text, received: column.int, lastSequence: column.nullable(column.int), heardAt: column.instant, missing: column.texts }, filters: {},
  sorts: { deviceId: { sql: 'd.code', type: 'text', of: (row) => row.deviceId } }, tie: { sql: 'd.code', type: 'text', of: (row) => row.deviceId },
})
export async function listScanDevices(tx: Tx<'read', 'tasks:read'>, wanted: Parameters<typeof devices>[1]) {
  const { items, nextCursor } = await devices(tx, wanted)
  return { items: items.map((each) => ({ ...each, missing: [...each.missing] })), nextCursor }
}

const hear = write('tasks:work', `
  insert into bss.scan_device (organization_id, id, code) values ($1, bss.new_id(), $2) on conflict (organization_id, code) do update set heard_at = now() returning id, forgotten_upto`, { id: column.id<ScanDeviceId>(), forgottenUpto: column.nullable(column.int) })
interface Heard {
  readonly id: ScanDeviceId
  /** Of scans that were trimmed: the highest sequence. */
  readonly forgottenUpto: number | null
}
/** Takes the lock of the device: its batches come one after the other from here on. */
export const hearDevice = (tx: Working, code: string): Promise<Heard> => tx.one('device', hear, [code])

const before = write('tasks:work', `
  select s.id, s.sequence, s.key, s.outcome, s.code, s.message, s.is_clock_off from bss.scan s
   where s.organization_id = $1 and s.device_id = $2 and (s.sequence = any($3::bigint[]) or s.key = any($4::text[]))`, {
  id: column.id<ScanId>(), sequence: column.int, key: column.text, outcome: column.oneOf(OUTCOMES), code: column.nullable(column.oneOf(SCAN_CODES)), message: column.nullable(column.text), isClockOff: column.bool,
})
/** Scans that the device sent before under these sequences or keys. */
export const heardBefore = (tx: Working, device: ScanDeviceId, scans: readonly ScanDraft[]) => tx.rows(before, [device, scans.map(({ sequence }) => sequence), scans.map(({ key }) => key)])
export type Before = Awaited<ReturnType<typeof heardBefore>>[number]

const cameBefore = write('tasks:work', 'select q.sequence from bss.scan_device d, unnest($3::bigint[]) q (sequence) where d.organization_id = $1 and d.id = $2 and q.sequence <= d.forgotten_upto and not d.missing @> q.sequence', { sequence: column.int })
/** Of sequences of which no scan is kept: those that came all the same, before the scans were trimmed. */
export async function forgotten(tx: Working, { id, forgottenUpto }: Heard, sequences: readonly number[]): Promise<ReadonlySet<number>> {
  const low = forgottenUpto === null ? [] : sequences.filter((each) => each <= forgottenUpto)
  return new Set(low.length === 0 ? [] : (await tx.rows(cameBefore, [id, low])).map(({ sequence }) => sequence))
}

export interface Kept extends Before {
  readonly draft: ScanDraft
  readonly occurredAt: string
}
/** A scan of no task lies at a site its sender meets, so that it is kept in spite of the fence. */
const keep = write('tasks:work', `
  insert into bss.scan (organization_id, id, device_id, sequence, key, site_id, task_id, named_task, occurred_at, device_time, is_clock_off, barcode, lot, location, to_location, quantity, outcome, code, message)
  select $1, u.id, $2, u.sequence, u.key, coalesce(t.site_id, (sec.sites())[1]), t.id, u.task, u.occurred_at, u.device_time, u.is_off, u.barcode, u.lot, u.location, u.to_location, u.quantity, u.outcome, u.code, u.message
    from unnest($3::uuid[], $4::bigint[], $5::text[], $6::uuid[], $7::timestamptz[], $8::timestamptz[], $9::bool[], $10::text[], $11::text[], $12::text[], $13::text[], $14::numeric[], $15::text[], $16::text[], $17::text[])
         u (id, sequence, key, task, occurred_at, device_time, is_off, barcode, lot, location, to_location, quantity, outcome, code, message)
    left join bss.warehouse_task t on t.organization_id = $1 and t.id = u.task`, {}, {
  scan_key_taken: ['conflict', 'This device used a key before, at another site.', '/scans'], scan_sequence_taken: ['conflict', 'This device used a sequence before, at another site.', '/scans'],
})
/** What is missing below the last sequence: what a jump leaves open, without what has come. */
const follow = write('tasks:work', `
  update bss.scan_device d
     set received = d.received + s.count, last_sequence = greatest(d.last_sequence, s.hi),
         missing = (select coalesce(range_agg(k.r), '{}') from (
           select r from unnest(d.missing + int8multirange(int8range(coalesce(d.last_sequence + 1, s.lo), greatest(s.hi + 1, coalesce(d.last_sequence + 1, s.lo)))) - s.got) r order by r desc limit 1000) k)
    from (select count(*) as count, min(q) as lo, max(q) as hi, range_agg(int8range(q, q + 1)) as got from unnest($3::bigint[]) q) s
   where d.organization_id = $1 and d.id = $2`, {})
/** Stores scans with their answers, and what the device has not sent yet. */
export async function keepScans(tx: Working, device: ScanDeviceId, kept: readonly Kept[]): Promise<void> {
  if (kept.length === 0) return
  const of = <T extends string | number | boolean | null>(pick: (each: Kept) => T): T[] => kept.map(pick)
  await tx.rows(keep, [
    device, of((k) => k.id), of((k) => k.sequence), of((k) => k.key), of((k) => k.draft.taskId), of((k) => k.occurredAt), of((k) => k.draft.occurredAt), of((k) => k.isClockOff), of((k) => k.draft.barcode ?? null), of((k) => k.draft.lot ?? null),
    of((k) => k.draft.location ?? null), of((k) => k.draft.toLocation ?? null), of((k) => k.draft.quantity ?? null), of((k) => k.outcome), of((k) => k.code), of((k) => k.message),
  ])
  await tx.rows(follow, [device, of((k) => k.sequence)])
}

const lockScan = write('tasks:manage', 'select s.id from bss.scan s where s.organization_id = $1 and s.id = $2 for no key update', { id: column.id<ScanId>() })
const one = read('tasks:manage', `${SCAN} and s.id = $2`, shape)
export const getScan = (tx: Tx<'write', 'tasks:manage'>, id: ScanId): Promise<Scan> => tx.one('scan', one, [id])
export async function holdScan(tx: Tx<'write', 'tasks:manage'>, id: ScanId): Promise<Scan> {
  await tx.one('scan', lockScan, [id])
  return getScan(tx, id)
}
const resolve = write('tasks:manage', 'update bss.scan set resolution = $3, reason = $4, resolved_at = now(), resolved_by = sec.actor() where organization_id = $1 and id = $2', {})
export const noteResolved = async (tx: Tx<'write', 'tasks:manage'>, id: ScanId, resolution: (typeof RESOLUTIONS)[number], reason: string | null): Promise<void> => void (await tx.rows(resolve, [id, resolution, reason]))
