// Many received lines at once: each becomes a receipt of one line, all of a batch in a handful of statements.
import { newId, type ItemId, type LocationId, type LotId, type SiteId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Numbered, Refused } from '../bulk.ts'
import { stockReceived, stockToPutAway } from '../events.ts'
import { openInspectionsOf, routed } from '../inbound/due.ts'
import { lotIds } from '../lots/store.ts'
import { numberOf, post } from '../movements/post.ts'
import type { ReceiptId } from '../schema.ts'
import type { ReceivedLine, ReceivedLineResult } from './contract.ts'

type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

const resolve = read('inventory:read', `
  select u.n, s.id as site_id, l.id as location_id, coalesce(l.kind = 'receive', false) as is_receiving, v.id as outside_id, i.id as item_id, i.tracking, r.id as receipt_id,
         r.id is not null and (k.item_id is distinct from i.id or k.received is distinct from u.quantity) as is_other
    from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[]) as u (n, source, ref, site_code, location_code, sku, quantity)
    left join bss.site s on s.organization_id = $1 and s.code = u.site_code
    left join bss.location l on l.organization_id = $1 and l.site_id = s.id and l.code = u.location_code and l.kind <> 'virtual'
    left join bss.location v on v.organization_id = $1 and v.site_id = s.id and v.virtual_role = 'outside'
    left join bss.item i on i.organization_id = $1 and i.sku = u.sku
    left join bss.receipt r on r.organization_id = $1 and r.external_source = u.source and r.external_ref = u.ref
    left join bss.receipt_line k on k.organization_id = $1 and k.receipt_id = r.id and k.line_no = 1`, {
  n: column.int, siteId: column.nullable(column.id<SiteId>()), locationId: column.nullable(column.id<LocationId>()), outsideId: column.nullable(column.id<LocationId>()), itemId: column.nullable(column.id<ItemId>()),
  tracking: column.nullable(column.oneOf(['none', 'lot', 'serial'] as const)), receiptId: column.nullable(column.id<ReceiptId>()), isOther: column.bool, isReceiving: column.bool,
})
const insert = write('inventory:write', `
  with header as (
    insert into bss.receipt (organization_id, id, number, site_id, status, supplier, received_at, external_source, external_ref)
    select $1, u.id, u.number, u.site_id, 'received', u.supplier, u.received_at, u.source, u.ref
      from unnest($2::uuid[], $4::text[], $5::uuid[], $8::text[], $9::timestamptz[], $10::text[], $11::text[]) as u (id, number, site_id, supplier, received_at, source, ref)
    returning id
  )
  insert into bss.receipt_line (organization_id, id, receipt_id, line_no, site_id, item_id, location_id, received, status)
  select $1, u.line_id, h.id, 1, u.site_id, u.item_id, u.location_id, u.quantity, 'closed'
    from unnest($2::uuid[], $3::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $12::numeric[]) as u (id, line_id, site_id, item_id, location_id, quantity) join header h on h.id = u.id`, {}, {
  receipt_external_taken: ['conflict', 'The same line is being received at this moment.', '/external/ref'],
})

const refusedBy = (line: number, code: string, pointer: string, message: string): ReceivedLineResult => ({ line, outcome: 'refused', code, pointer, message })

interface Found {
  readonly line: number
  readonly value: ReceivedLine
  readonly siteId: SiteId
  readonly locationId: LocationId
  readonly outsideId: LocationId
  readonly isReceiving: boolean
  readonly itemId: ItemId
}

/** Names to ids; lines that are known, or name what does not exist, have their answer here. */
async function sort(tx: Writing, batch: readonly Numbered<ReceivedLine>[], answers: Map<number, ReceivedLineResult>): Promise<Found[]> {
  const of = (pick: (value: ReceivedLine) => string): string[] => batch.map(({ value }) => pick(value))
  const rows = await tx.rows(resolve, [
    batch.map(({ line }) => line), of((v) => v.external.source), of((v) => v.external.ref), of((v) => v.siteCode), of((v) => v.locationCode), of((v) => v.sku), of((v) => v.quantity),
  ])
  const byLine = new Map(rows.map((row) => [row.n, row] as const))
  const found: Found[] = []
  for (const { line, value } of batch) {
    const row = byLine.get(line)
    const refuse = (code: string, pointer: string, message: string) => answers.set(line, refusedBy(line, code, pointer, message))
    if (row === undefined) throw new Error('A line was lost while its names were looked up.')
    if (row.receiptId !== null && row.isOther) refuse('external_taken', '/external/ref', 'This reference was received before, with another item or quantity.')
    else if (row.receiptId !== null) answers.set(line, { line, outcome: 'unchanged', id: row.receiptId })
    else if (row.siteId === null || row.outsideId === null) refuse('unknown_site', '/siteCode', 'There is no such site.')
    else if (row.locationId === null) refuse('unknown_location', '/locationCode', 'This site has no such location.')
    else if (row.itemId === null) refuse('unknown_item', '/sku', 'There is no such item.')
    else if (row.tracking === 'none' && value.lot !== undefined) refuse('lot_not_tracked', '/lot', 'This item is not tracked by lot.')
    else if (row.tracking !== 'none' && value.lot === undefined) refuse('lot_required', '/lot', `This item is tracked by ${row.tracking ?? 'lot'}.`)
    else if (row.tracking === 'serial' && !/^1(\.0+)?$/.test(value.quantity)) refuse('serial_is_one', '/quantity', 'A serial number is one piece.')
    else found.push({ line, value, siteId: row.siteId, locationId: row.locationId, outsideId: row.outsideId, isReceiving: row.isReceiving, itemId: row.itemId })
  }
  return found
}

export async function receiveLines(tx: Writing, batch: readonly Numbered<ReceivedLine>[]): Promise<ReadonlyMap<number, ReceivedLineResult>> {
  const answers = new Map<number, ReceivedLineResult>()
  const found = await sort(tx, batch, answers)
  if (found.length === 0) return answers
  const lotOf = await lotIds(tx, found.flatMap(({ value, itemId }) => (value.lot === undefined ? [] : [{ ...value.lot, itemId }])))
  const now = new Date().toISOString()
  const named = found.map((each) => {
    const receiptId: ReceiptId = newId()
    const lotId: LotId | null = each.value.lot === undefined ? null : (lotOf({ ...each.value.lot, itemId: each.itemId })?.id ?? null)
    return { ...each, id: newId<'ReceiptLine'>(), receiptId, lotId, quantity: each.value.quantity, receivedAt: each.value.receivedAt ?? now }
  })
  const bySite: [SiteId, Awaited<ReturnType<typeof routed<(typeof named)[number]>>>][] = []
  for (const [siteId, ofSite] of Map.groupBy(named, (l) => l.siteId)) bySite.push([siteId, await routed(tx, siteId, null, ofSite)])
  const lines = bySite.flatMap(([, ofSite]) => ofSite)
  await tx.rows(insert, [
    lines.map((l) => l.receiptId), lines.map((l) => l.id), lines.map((l) => numberOf('RCV', l.receiptId)), lines.map((l) => l.siteId), lines.map((l) => l.itemId), lines.map((l) => l.locationId),
    lines.map((l) => l.value.supplier ?? null), lines.map((l) => l.receivedAt), lines.map((l) => l.value.external.source), lines.map((l) => l.value.external.ref), lines.map((l) => l.quantity),
  ])
  await post(tx, {
    documentKind: 'receipt', reason: 'receipt', key: 'bulk', breaks: null,
    moves: lines.map((l) => ({ documentId: l.receiptId, documentLineId: l.id, itemId: l.itemId, fromLocationId: l.outsideId, toLocationId: l.locationId, lotId: l.lotId, quantity: l.quantity, occurredAt: l.receivedAt })),
  })
  for (const [siteId, ofSite] of bySite) {
    tx.emit(stockReceived, siteId, { siteId, lines: ofSite.map((l) => ({ itemId: l.itemId, lotId: l.lotId, locationId: l.locationId, receiptId: l.receiptId, quantity: l.quantity })) })
    await openInspectionsOf(tx, siteId, ofSite)
  }
  for (const each of lines.filter((l) => l.isReceiving && !l.isDue)) {
    tx.emit(stockToPutAway, each.siteId, { siteId: each.siteId, documentKind: 'receipt', documentId: each.receiptId, lines: [{ itemId: each.itemId, lotId: each.lotId, locationId: each.locationId, quantity: each.quantity }] })
  }
  for (const each of lines) {
    answers.set(each.line, { line: each.line, outcome: 'created', id: each.receiptId })
    tx.changed({ entity: 'receipt', id: each.receiptId, action: 'received' })
  }
  return answers
}

/** A batch that was refused as a whole (a serial number twice, a race) is done line by line, so that only the guilty line is refused. */
export async function receiveEach(batch: readonly Numbered<ReceivedLine>[], store: (part: readonly Numbered<ReceivedLine>[]) => Promise<ReadonlyMap<number, ReceivedLineResult>>): Promise<ReadonlyMap<number, ReceivedLineResult>> {
  try {
    return await store(batch)
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    const [only] = batch
    if (batch.length > 1 || only === undefined) {
      const answers = new Map<number, ReceivedLineResult>()
      for (const each of batch) for (const [line, answer] of await receiveEach([each], store)) answers.set(line, answer)
      return answers
    }
    return new Map([[only.line, refusedBy(only.line, error.errors[0]?.code ?? error.code, pointerIn(error), error.errors[0]?.message ?? error.message)]])
  }
}
const pointerIn = (error: Problem): Refused['pointer'] => (error.errors[0]?.pointer ?? '').replace(/^\/lines\/0/, '')
