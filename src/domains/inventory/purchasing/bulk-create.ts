// Many purchase orders at once, all by names: a handful of statements for a batch.
import { newId, type ItemId, type PurchaseOrderId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { isRecord } from '../../../kernel/json.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Numbered } from '../bulk.ts'
import { numberOf } from '../movements/post.ts'
import type { PurchaseOrderBulkLine, PurchaseOrderBulkResult } from './contract.ts'
import { orderRefusals, type Writing } from './store.ts'

const resolve = read('purchasing:read', `
  select u.n, p.id as supplier_id, s.id as site_id, o.id as order_id,
         o.id is not null and (o.supplier_id is distinct from p.id or o.site_id is distinct from s.id) as is_other
    from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[]) as u (n, source, ref, supplier_code, site_code)
    left join bss.party p on p.organization_id = $1 and p.kind = 'supplier' and p.code = u.supplier_code
    left join bss.site s on s.organization_id = $1 and s.code = u.site_code
    left join bss.purchase_order o on o.organization_id = $1 and o.external_source = u.source and o.external_ref = u.ref`, {
  n: column.int, supplierId: column.nullable(column.id<SupplierId>()), siteId: column.nullable(column.id<SiteId>()), orderId: column.nullable(column.id<PurchaseOrderId>()), isOther: column.bool,
})
const itemsBySku = read('inventory:read', 'select i.sku, i.id from bss.item i where i.organization_id = $1 and i.sku = any($2::text[])', { sku: column.text, id: column.id<ItemId>() })
const orderedOf = read('purchasing:read', `
  select l.purchase_order_id as order_id, jsonb_object_agg(l.line_no::text, jsonb_build_object('i', l.item_id, 'q', trim_scale(l.ordered)::text)) as lines
    from bss.purchase_order_line l where l.organization_id = $1 and l.purchase_order_id = any($2::uuid[]) group by 1`, { orderId: column.id<PurchaseOrderId>(), lines: column.json })
const insert = write('purchasing:write', `
  insert into bss.purchase_order (organization_id, id, number, supplier_id, site_id, expected_on, note, external_source, external_ref)
  select $1, u.* from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::date[], $7::text[], $8::text[], $9::text[]) as u`, {}, {
  ...orderRefusals, purchase_order_external_taken: ['conflict', 'The same order is being written at this moment.', '/external/ref'],
})
const insertLines = write('purchasing:write', `
  insert into bss.purchase_order_line (organization_id, id, purchase_order_id, line_no, site_id, item_id, ordered, expected_on, over_percent, under_percent)
  select $1, u.id, u.order_id, u.line_no, o.site_id, u.item_id, u.ordered, o.expected_on, coalesce(t.over_percent, 0), coalesce(t.under_percent, 0)
    from unnest($2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::numeric[]) as u (id, order_id, line_no, item_id, ordered)
    join bss.purchase_order o on o.organization_id = $1 and o.id = u.order_id
    left join bss.supplier_terms t on t.organization_id = $1 and t.supplier_id = o.supplier_id`, {})

const trimmed = (quantity: string): string => (quantity.includes('.') ? quantity.replace(/0+$/, '').replace(/\.$/, '') : quantity)

export async function createPurchaseOrders(tx: Writing, batch: readonly Numbered<PurchaseOrderBulkLine>[]): Promise<ReadonlyMap<number, PurchaseOrderBulkResult>> {
  const answers = new Map<number, PurchaseOrderBulkResult>()
  const of = (pick: (value: PurchaseOrderBulkLine) => string): string[] => batch.map(({ value }) => pick(value))
  const rows = new Map((await tx.rows(resolve, [batch.map(({ line }) => line), of((v) => v.external.source), of((v) => v.external.ref), of((v) => v.supplierCode), of((v) => v.siteCode)])).map((row) => [row.n, row] as const))
  const items = new Map((await tx.rows(itemsBySku, [[...new Set(batch.flatMap(({ value }) => value.lines.map((each) => each.sku)))]])).map((row) => [row.sku, row.id] as const))
  const known = [...rows.values()].flatMap(({ orderId }) => (orderId === null ? [] : [orderId]))
  const before = new Map((await tx.rows(orderedOf, [known])).map((row) => [row.orderId, row.lines] as const))
  const isSame = (id: PurchaseOrderId, value: PurchaseOrderBulkLine): boolean => {
    const lines = before.get(id)
    return isRecord(lines) && Object.keys(lines).length === value.lines.length && value.lines.every((each, index) => {
      const line = lines[String(index + 1)]
      return isRecord(line) && line['i'] === items.get(each.sku) && line['q'] === trimmed(each.quantity)
    })
  }
  const made: { readonly id: PurchaseOrderId; readonly line: number; readonly value: PurchaseOrderBulkLine; readonly supplierId: SupplierId; readonly siteId: SiteId; readonly items: readonly ItemId[] }[] = []
  for (const { line, value } of batch) {
    const row = rows.get(line)
    if (row === undefined) throw new Error('A line was lost while its names were looked up.')
    const refuse = (code: string, pointer: string, message: string) => answers.set(line, { line, outcome: 'refused', code, pointer, message })
    const found = value.lines.flatMap((each) => items.get(each.sku) ?? [])
    if (row.orderId !== null && (row.isOther || !isSame(row.orderId, value))) refuse('external_taken', '/external/ref', 'This reference was ordered before, with other lines.')
    else if (row.orderId !== null) answers.set(line, { line, outcome: 'unchanged', id: row.orderId })
    else if (row.supplierId === null) refuse('unknown_supplier', '/supplierCode', 'There is no such supplier.')
    else if (row.siteId === null) refuse('unknown_site', '/siteCode', 'There is no such site.')
    else if (found.length < value.lines.length) refuse('unknown_item', `/lines/${value.lines.findIndex((each) => !items.has(each.sku))}/sku`, 'There is no such item.')
    else made.push({ id: newId(), line, value, supplierId: row.supplierId, siteId: row.siteId, items: found })
  }
  if (made.length === 0) return answers
  await tx.rows(insert, [
    made.map((m) => m.id), made.map((m) => numberOf('PO', m.id)), made.map((m) => m.supplierId), made.map((m) => m.siteId), made.map((m) => m.value.expectedOn), made.map((m) => m.value.note ?? null),
    made.map((m) => m.value.external.source), made.map((m) => m.value.external.ref),
  ])
  const lines = made.flatMap((m) => m.value.lines.map((each, index) => ({ orderId: m.id, lineNo: index + 1, itemId: m.items[index] ?? null, quantity: each.quantity })))
  await tx.rows(insertLines, [lines.map(() => newId()), lines.map((l) => l.orderId), lines.map((l) => l.lineNo), lines.map((l) => l.itemId), lines.map((l) => l.quantity)])
  for (const { id, line } of made) {
    answers.set(line, { line, outcome: 'created', id })
    tx.changed({ entity: 'purchase_order', id, action: 'created' })
  }
  return answers
}
