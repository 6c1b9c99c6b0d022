// Advance ship notices: what a supplier has sent, by handling unit. A unit is received whole, by its SSCC.
import { isSscc, parseBarcode } from '../../../kernel/gs1/index.ts'
import { newId, type ItemId, type LocationId, type PurchaseOrderId, type PurchaseOrderLineId, type ShipNoticeId, type SiteId, type SupplierId } from '../../../kernel/ids.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import { PURCHASE_ORDER_STATUSES, RECEIVABLE } from '../purchasing/rules.ts'
import type { Receipt } from '../receipts/contract.ts'
import { receiveStock } from '../receipts/store.ts'
import type { ReceiptId } from '../schema.ts'
import { NOTICE_STATUSES, UNIT_STATUSES, type ShipNotice, type ShipNoticeDraft } from './contract.ts'
import { receivePurchaseOrder, type Receiving } from './receive.ts'

const header = {
  id: column.id<ShipNoticeId>(), number: column.text, supplierId: column.id<SupplierId>(), siteId: column.id<SiteId>(), purchaseOrderId: column.nullable(column.id<PurchaseOrderId>()), status: column.oneOf(NOTICE_STATUSES), expectedOn: column.date,
  rowVersion: column.int, createdAt: column.instant,
}
const HEADER = 'a.id, a.number, a.supplier_id, a.site_id, a.purchase_order_id, a.status, a.expected_on, a.row_version, a.created_at'
const byId = read('inventory:read', `select ${HEADER} from bss.ship_notice a where a.organization_id = $1 and a.id = $2`, header)
const lock = write('inventory:write', `select ${HEADER} from bss.ship_notice a where a.organization_id = $1 and a.id = $2 for no key update`, header)
const contentsOf = read('inventory:read', `
  select u.sscc, u.status, u.receipt_id, c.item_id, c.quantity, c.purchase_order_line_id, c.lot_number, c.made_on, c.expires_on
    from bss.ship_notice_unit u join bss.ship_notice_content c on c.organization_id = $1 and c.unit_id = u.id
   where u.organization_id = $1 and u.ship_notice_id = $2 order by u.sscc, c.line_no`, {
  sscc: column.text, status: column.oneOf(UNIT_STATUSES), receiptId: column.nullable(column.id<ReceiptId>()), itemId: column.id<ItemId>(), quantity: column.quantity, purchaseOrderLineId: column.nullable(column.id<PurchaseOrderLineId>()),
  lotNumber: column.nullable(column.text), madeOn: column.nullable(column.date), expiresOn: column.nullable(column.date),
})
const orderOf = read('inventory:read', 'select o.status, o.site_id, o.supplier_id from bss.purchase_order o where o.organization_id = $1 and o.id = $2', { status: column.oneOf(PURCHASE_ORDER_STATUSES), siteId: column.id<SiteId>(), supplierId: column.id<SupplierId>() })
const openLines = read('inventory:read', `
  select l.id, l.item_id, greatest(0, l.ordered - l.received - coalesce((
           select sum(c.quantity) from bss.ship_notice_content c join bss.ship_notice_unit u on u.organization_id = $1 and u.id = c.unit_id and u.status = 'announced'
            where c.organization_id = $1 and c.purchase_order_line_id = l.id), 0)) as awaited
    from bss.purchase_order_line l where l.organization_id = $1 and l.purchase_order_id = $2 and l.status = 'open' order by l.line_no`, {
  id: column.id<PurchaseOrderLineId>(), itemId: column.id<ItemId>(), awaited: column.quantity,
})
const supplierName = read('inventory:read', "select p.name from bss.party p where p.organization_id = $1 and p.id = $2 and p.kind = 'supplier'", { name: column.text })
const insert = write('inventory:write', 'insert into bss.ship_notice (organization_id, id, number, supplier_id, site_id, purchase_order_id, expected_on) values ($1, $2, $3, $4, $5, $6, $7::date)', {}, {
  ship_notice_number_taken: ['conflict', 'This supplier has announced a notice of this number already.', '/number'],
  ship_notice_site_unknown: ['invalid', 'There is no such site.', '/siteId'],
})
const insertUnits = write('inventory:write', 'insert into bss.ship_notice_unit (organization_id, id, ship_notice_id, site_id, sscc) select $1, u.id, $2, $3, u.sscc from unnest($4::uuid[], $5::text[]) as u (id, sscc)', {}, {
  ship_notice_unit_once: ['conflict', 'One of these handling units was announced before.', '/units'],
})
const insertContents = write('inventory:write', `
  insert into bss.ship_notice_content (organization_id, id, unit_id, line_no, item_id, quantity, purchase_order_line_id, lot_number, made_on, expires_on)
  select $1, u.* from unnest($2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::numeric[], $7::uuid[], $8::text[], $9::date[], $10::date[]) as u`, {}, {
  ship_notice_content_item_unknown: ['invalid', 'There is no such item.', '/units'],
})
const cancelUnits = write('inventory:write', "update bss.ship_notice_unit set status = 'cancelled' where organization_id = $1 and ship_notice_id = $2 and status = 'announced'", {})
const setStatus = write('inventory:write', 'update bss.ship_notice set status = $3 where organization_id = $1 and id = $2', {})
const unitOf = read('inventory:read', 'select u.ship_notice_id from bss.ship_notice_unit u where u.organization_id = $1 and u.sscc = $2', { shipNoticeId: column.id<ShipNoticeId>() })
const markReceived = write('inventory:write', `
  with unit as (update bss.ship_notice_unit set status = 'received', receipt_id = $4 where organization_id = $1 and sscc = $3 returning id)
  update bss.ship_notice a set status = case when exists (select from bss.ship_notice_unit x where x.organization_id = $1 and x.ship_notice_id = a.id and x.status = 'announced' and x.sscc <> $3) then 'receiving' else 'received' end
    from unit where a.organization_id = $1 and a.id = $2`, {})

export const listShipNotices = listing('inventory:read', {
  select: `select ${HEADER} from bss.ship_notice a where a.organization_id = $1`, shape: header,
  filters: { status: 'a.status = ?', siteId: 'a.site_id = ?::uuid', number: 'a.number = ?' },
  sorts: { created: { sql: 'a.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'a.id', type: 'uuid', of: (row) => row.id },
})
export async function getShipNotice(tx: Tx<'read', 'inventory:read'>, id: ShipNoticeId): Promise<ShipNotice> {
  return { ...(await tx.one('ship notice', byId, [id])), contents: await tx.rows(contentsOf, [id]) }
}

const required = (pointer: string, message: string): Problem => new Problem('invalid', message, { errors: [{ pointer, code: 'required', message }] })

/** Whose notice it is and where its goods come: as its order says, or, without one, as the notice does. */
async function headOf(tx: Receiving, draft: ShipNoticeDraft): Promise<{ siteId: SiteId; supplierId: SupplierId }> {
  if (draft.purchaseOrderId === undefined) {
    if (draft.supplierId === undefined) throw required('/supplierId', 'A notice without an order names its supplier.')
    if (draft.siteId === undefined) throw required('/siteId', 'A notice without an order names its site.')
    if ((await tx.maybe(supplierName, [draft.supplierId])) === null) throw new Problem('invalid', 'There is no such supplier.', { errors: [{ pointer: '/supplierId', code: 'unknown_supplier', message: 'There is no such supplier.' }] })
    return { siteId: draft.siteId, supplierId: draft.supplierId }
  }
  const order = await tx.one('purchase order', orderOf, [draft.purchaseOrderId])
  if (!RECEIVABLE.includes(order.status)) throw new Problem('illegal_transition', `A purchase order that is ${order.status.replaceAll('_', ' ')} has no ship notice.`)
  return order
}

interface OpenLine {
  readonly id: PurchaseOrderLineId
  awaited: bigint
}
/** The lines of the order that these goods fill, in turn; what is more than all of them await counts to the last, and its tolerance decides at the arrival. */
function fill(lines: readonly OpenLine[], quantity: string): { purchaseOrderLineId: PurchaseOrderLineId; quantity: string }[] {
  let rest = micros(quantity)
  return lines.flatMap((each, index) => {
    const part = index === lines.length - 1 || each.awaited > rest ? rest : each.awaited
    rest -= part
    each.awaited = each.awaited > part ? each.awaited - part : 0n
    return part > 0n ? [{ purchaseOrderLineId: each.id, quantity: quantityOf(part) }] : []
  })
}

export async function announceShipNotice(tx: Receiving, draft: ShipNoticeDraft): Promise<ShipNotice> {
  const { siteId, supplierId } = await headOf(tx, draft)
  const isOrdered = draft.purchaseOrderId !== undefined
  const open = isOrdered ? await tx.rows(openLines, [draft.purchaseOrderId ?? null]) : []
  const linesOf = Map.groupBy(open.map((each) => ({ id: each.id, itemId: each.itemId, awaited: micros(each.awaited) })), (each) => each.itemId)
  const seen = new Set<string>()
  const errors = draft.units.flatMap((unit, index): ProblemError[] => {
    const faults: ProblemError[] = []
    if (!isSscc(unit.sscc)) faults.push({ pointer: `/units/${index}/sscc`, code: 'check_digit', message: 'The check digit of this SSCC is wrong.' })
    if (seen.has(unit.sscc)) faults.push({ pointer: `/units/${index}/sscc`, code: 'named_twice', message: 'This handling unit is named twice.' })
    seen.add(unit.sscc)
    return [...faults, ...unit.contents.flatMap((each, at) => (!isOrdered || linesOf.has(each.itemId) ? [] : [{ pointer: `/units/${index}/contents/${at}/itemId`, code: 'not_ordered', message: 'This order has no open line of this item.' }]))]
  })
  if (errors.length > 0) throw new Problem('invalid', 'The notice does not fit the order.', { errors })
  const id: ShipNoticeId = newId()
  await tx.rows(insert, [id, draft.number, supplierId, siteId, draft.purchaseOrderId ?? null, draft.expectedOn])
  const units = draft.units.map((unit) => ({ ...unit, id: newId() }))
  await tx.rows(insertUnits, [id, siteId, units.map((u) => u.id), units.map((u) => u.sscc)])
  const contents = units.flatMap((unit) =>
    unit.contents
      .flatMap((each) => (isOrdered ? fill(linesOf.get(each.itemId) ?? [], each.quantity) : [{ purchaseOrderLineId: null, quantity: each.quantity }]).map((part) => ({ ...each, ...part, unitId: unit.id })))
      .map((each, index) => ({ ...each, lineNo: index + 1 })))
  await tx.rows(insertContents, [
    contents.map(() => newId()), contents.map((c) => c.unitId), contents.map((c) => c.lineNo), contents.map((c) => c.itemId), contents.map((c) => c.quantity), contents.map((c) => c.purchaseOrderLineId),
    contents.map((c) => c.lot?.number ?? null), contents.map((c) => c.lot?.madeOn ?? null), contents.map((c) => c.lot?.expiresOn ?? null),
  ])
  tx.changed({ entity: 'ship_notice', id, action: 'announced', after: draft })
  return getShipNotice(tx, id)
}

export async function cancelShipNotice(tx: Receiving, id: ShipNoticeId): Promise<ShipNotice> {
  const { status } = await tx.one('ship notice', lock, [id])
  if (status !== 'announced') throw new Problem('illegal_transition', `This notice is ${status} already.`)
  await tx.rows(cancelUnits, [id])
  await tx.rows(setStatus, [id, 'cancelled'])
  tx.changed({ entity: 'ship_notice', id, action: 'cancelled' })
  return getShipNotice(tx, id)
}

const refuseBarcode = (kind: 'invalid' | 'conflict', code: string, message: string): never => {
  throw new Problem(kind, message, { errors: [{ pointer: '/barcode', code, message }] })
}

type Content = ShipNotice['contents'][number]
const lotOf = ({ lotNumber, madeOn, expiresOn }: Content) =>
  lotNumber === null ? {} : { lot: { number: lotNumber, ...(madeOn === null ? {} : { madeOn }), ...(expiresOn === null ? {} : { expiresOn }) } }

/** Against the lines that the notice planned; of a notice without an order, as goods that nobody ordered. */
async function receiveContents(tx: Receiving, key: string, notice: Omit<ShipNotice, 'contents'>, contents: readonly Content[], sscc: string, locationId: LocationId): Promise<Receipt> {
  const note = `SSCC ${sscc}`
  if (notice.purchaseOrderId === null) {
    const { name } = await tx.one('supplier', supplierName, [notice.supplierId])
    return receiveStock(tx, key, { siteId: notice.siteId, note, supplier: name, lines: contents.map((each) => ({ itemId: each.itemId, locationId, quantity: each.quantity, ...lotOf(each) })) }, notice.supplierId)
  }
  return receivePurchaseOrder(tx, key, notice.purchaseOrderId, {
    locationId, note, lines: contents.flatMap((each) => (each.purchaseOrderLineId === null ? [] : [{ purchaseOrderLineId: each.purchaseOrderLineId, quantity: each.quantity, ...lotOf(each) }])),
  })
}

/** A scan of the SSCC receives everything the notice says is in the unit; scanned again it is refused. */
export async function receiveUnit(tx: Receiving, key: string, barcode: string, locationId: LocationId): Promise<Receipt> {
  const parsed = parseBarcode(barcode)
  if (!parsed.ok) return refuseBarcode('invalid', parsed.code, parsed.message)
  const { sscc } = parsed.scan
  if (sscc === undefined) return refuseBarcode('invalid', 'no_sscc', 'This barcode names no handling unit.')
  const unit = await tx.maybe(unitOf, [sscc])
  if (unit === null) return refuseBarcode('invalid', 'unknown_unit', 'No notice announces this handling unit.')
  // The notice is the lock of its units: of two scans at once, the second sees what the first did.
  const notice = await tx.one('ship notice', lock, [unit.shipNoticeId])
  const contents = (await getShipNotice(tx, notice.id)).contents.filter((each) => each.sscc === sscc)
  const [first] = contents
  if (first === undefined) return refuseBarcode('invalid', 'unknown_unit', 'No notice announces this handling unit.')
  if (first.status !== 'announced') return refuseBarcode('conflict', `unit_${first.status}`, `This handling unit is ${first.status} already.`)
  const receipt = await receiveContents(tx, key, notice, contents, sscc, locationId)
  await tx.rows(markReceived, [notice.id, sscc, receipt.id])
  tx.changed({ entity: 'ship_notice', id: notice.id, action: 'unit_received', after: { sscc, receiptId: receipt.id } })
  return receipt
}
