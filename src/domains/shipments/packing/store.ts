// All SQL about packages. Nothing is packed that was not picked for this shipment, and nothing more than was.
import { newId, type HandlingUnitId, type ItemId, type LocationId, type LotId, type ShipmentId, type ShipmentLineId } from '../../../kernel/ids.ts'
import { hasCheckDigit, parseBarcode, ssccOf, ssccSerialDigits } from '../../../kernel/gs1/index.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Shipment } from '../document/contract.ts'
import { advance, getShipment, lockShipment, note, notNow, type Writing } from '../document/store.ts'
import { shipmentPacked } from '../events.ts'
import { words } from '../rules.ts'
import type { Goods, UnitDraft } from './contract.ts'

const openShape = {
  shipmentLineId: column.id<ShipmentLineId>(), itemId: column.id<ItemId>(), sku: column.text, gtin: column.nullable(column.text), lotId: column.nullable(column.id<LotId>()), lot: column.nullable(column.text),
  quantity: column.quantity, otherGtins: column.texts,
}
/** What was picked for a shipment and is in no package yet, by line and lot. */
const open = read('shipments:read', `
  select l.id as shipment_line_id, l.item_id, i.sku, i.gtin, k.lot_id, t.number as lot, k.quantity - coalesce((select sum(c.quantity) from bss.handling_unit_content c
           where c.organization_id = $1 and c.shipment_line_id = l.id and c.lot_id is not distinct from k.lot_id), 0) as quantity,
         to_jsonb(array(select n.gtin from bss.item_unit n where n.organization_id = $1 and n.item_id = l.item_id and n.gtin is not null and n.factor = 1)) as other_gtins
    from bss.shipment_line l
    join bss.item i on i.organization_id = $1 and i.id = l.item_id
    join lateral (select p.lot_id, sum(p.quantity) as quantity from bss.shipment_pick p where p.organization_id = $1 and p.shipment_line_id = l.id group by p.lot_id) k on true
    left join bss.lot t on t.organization_id = $1 and t.id = k.lot_id
   where l.organization_id = $1 and l.shipment_id = $2 order by l.id, t.expires_on, k.lot_id`, openShape)
type Open = column.Row<typeof openShape>

interface Packed {
  readonly unit: number
  readonly shipmentLineId: ShipmentLineId
  readonly itemId: ItemId
  readonly lotId: LotId | null
  readonly quantity: string
}
const as14 = (gtin: string): string => gtin.padStart(14, '0')

/** Which of the open goods are meant, or why none. */
function matching(goods: Goods, list: readonly Open[]): { readonly rows: readonly Open[] } | { readonly code: string; readonly message: string } {
  let lot: string | undefined
  let rows = list.filter((each) => (goods.shipmentLineId === undefined || each.shipmentLineId === goods.shipmentLineId) && (goods.itemId === undefined || each.itemId === goods.itemId) && (goods.lotId === undefined || each.lotId === goods.lotId))
  if (goods.barcode !== undefined) {
    const read = parseBarcode(goods.barcode)
    if (!read.ok) return { code: read.code, message: read.message }
    const { gtin14, serial, text } = read.scan
    lot = read.scan.lot ?? serial
    rows = rows.filter((each) => (gtin14 === undefined ? each.sku === text : [each.gtin, ...each.otherGtins].some((gtin) => gtin !== null && as14(gtin) === gtin14)))
  } else if (goods.shipmentLineId === undefined && goods.itemId === undefined) return { code: 'required', message: 'Name the line, the item or the barcode.' }
  if (rows.length === 0) return { code: 'not_expected', message: 'This is not among the goods picked for this shipment.' }
  const ofLot = lot === undefined ? rows : rows.filter((each) => each.lot === lot)
  return ofLot.length === 0 ? { code: 'wrong_lot', message: 'This lot was not picked for this shipment.' } : { rows: ofLot }
}

/** Spreads what is packed over the open goods; what does not fit is told. */
export function spread(units: readonly UnitDraft[], list: readonly Open[]): { readonly packed: readonly Packed[]; readonly faults: readonly ProblemError[] } {
  const left = list.map((each) => ({ ...each, left: micros(each.quantity) }))
  const packed: Packed[] = []
  const faults: ProblemError[] = []
  for (const [unit, draft] of units.entries()) {
    for (const [index, goods] of (draft.contents ?? []).entries()) {
      const pointer = `/units/${unit}/contents/${index}`
      const found = matching(goods, list)
      if ('code' in found) {
        faults.push({ pointer, code: found.code, message: found.message })
        continue
      }
      const mine = left.filter((each) => found.rows.some((row) => row.shipmentLineId === each.shipmentLineId && row.lotId === each.lotId))
      let wanted = micros(goods.quantity)
      const total = mine.reduce((sum, each) => sum + each.left, 0n)
      if (total < wanted) {
        faults.push({ pointer: `${pointer}/quantity`, code: 'more_than_picked', message: `Only ${quantityOf(total)} of these are picked and not packed.` })
        continue
      }
      for (const each of mine) {
        const part = each.left < wanted ? each.left : wanted
        if (part === 0n) continue
        each.left -= part
        wanted -= part
        packed.push({ unit, shipmentLineId: each.shipmentLineId, itemId: each.itemId, lotId: each.lotId, quantity: quantityOf(part) })
      }
    }
  }
  return { packed, faults }
}

const ground = read('shipments:read', `
  select g.company_prefix, g.extension, (select v.location_id from bss.shipment_pick k join bss.shipment_line l on l.organization_id = $1 and l.id = k.shipment_line_id
      join bss.reservation v on v.organization_id = $1 and v.id = k.reservation_id where k.organization_id = $1 and l.shipment_id = s.id limit 1) as location_id
    from bss.shipment s left join bss.shipping_setting g on g.organization_id = $1 and g.site_id = s.site_id where s.organization_id = $1 and s.id = $2`, {
  companyPrefix: column.nullable(column.text), extension: column.nullable(column.int), locationId: column.nullable(column.id<LocationId>()),
})
const takeSerials = write('shipments:write', 'select t.first from bss.take_sscc_serials($1, $2, $3::int, $4::int) t (first)', { first: column.bigint })
const insertUnits = write('shipments:write', `
  insert into bss.handling_unit (organization_id, id, shipment_id, sscc, kind, weight_grams) select $1, u.id, $2, u.sscc, u.kind, u.weight from unnest($3::uuid[], $4::text[], $5::text[], $6::int[]) u (id, sscc, kind, weight)`, {}, {
  handling_unit_sscc_taken: ['conflict', 'There is a package with this SSCC already.', '/units'],
})
const insertContents = write('shipments:write', `
  insert into bss.handling_unit_content (organization_id, id, handling_unit_id, shipment_line_id, item_id, lot_id, quantity)
  select $1, bss.new_id(), u.unit_id, u.line_id, u.item_id, u.lot_id, u.quantity from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::numeric[]) u (unit_id, line_id, item_id, lot_id, quantity)`, {})
const addPacked = write('shipments:write', `
  update bss.shipment_line l set packed = l.packed + s.quantity from (select id, sum(quantity) as quantity from unnest($2::uuid[], $3::numeric[]) u (id, quantity) group by id) s where l.organization_id = $1 and l.id = s.id`, {}, {
  shipment_line_packed_was_picked: ['conflict', 'More would be packed than was picked.', '/units'],
})
const putOn = write('shipments:write', `
  update bss.handling_unit u set parent_id = $3 where u.organization_id = $1 and u.shipment_id = $2 and u.sscc = any($4::text[]) and u.kind = 'package' and u.parent_id is null returning u.id`, { id: column.id<HandlingUnitId>() })
const aggregate = write('shipments:write', `select bss.note_aggregation($1, $2, 'packing', $3, $4::uuid, $5::text[], $6::uuid[], $7::uuid[], $8::numeric[], now())`, {})
const disaggregate = write('shipments:write', `select bss.note_aggregation($1, $2, 'unpacking', $3, $4::uuid, $5::text[], $6::uuid[], $7::uuid[], $8::numeric[], now())`, {})

async function ssccsFor(tx: Writing, id: ShipmentId, units: readonly UnitDraft[]): Promise<readonly string[]> {
  const missing = units.filter((unit) => unit.sscc === undefined).length
  const given = units.map((unit) => unit.sscc)
  const faults = given.flatMap((sscc, index) => (sscc === undefined || hasCheckDigit(sscc) ? [] : [{ pointer: `/units/${index}/sscc`, code: 'check_digit', message: 'The check digit of this SSCC is wrong.' }]))
  if (faults.length > 0) throw new Problem('invalid', 'This cannot be packed.', { errors: faults })
  if (missing === 0) return given.filter((sscc) => sscc !== undefined)
  const { companyPrefix, extension } = await tx.one('shipment', ground, [id])
  if (companyPrefix === null || extension === null) throw new Problem('conflict', 'This site has no GS1 company prefix yet: set it in its shipping settings, or give the SSCC of each package.')
  const [taken] = await tx.rows(takeSerials, [companyPrefix, extension, missing])
  if (taken === undefined || String(taken.first + BigInt(missing) - 1n).length > ssccSerialDigits(companyPrefix)) throw new Problem('conflict', 'The serial numbers of this company prefix are used up: take the next extension digit.')
  let next = taken.first
  return given.map((sscc) => sscc ?? ssccOf({ extension: String(extension), companyPrefix, serial: next++ }))
}

export async function packShipment(tx: Writing, id: ShipmentId, units: readonly UnitDraft[]): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  if (status !== 'picking' && status !== 'picked') throw notNow(`Goods are packed while they are picked or when they are; this shipment is ${words(status)}.`)
  const { packed, faults } = spread(units, await tx.rows(open, [id]))
  const empty = units.flatMap((unit, index) => ((unit.contents ?? []).length + (unit.packages ?? []).length === 0 ? [{ pointer: `/units/${index}/contents`, code: 'empty', message: 'Say what is in it.' }] : []))
  const nested = units.flatMap((unit, index) => (unit.kind === 'package' && unit.packages !== undefined ? [{ pointer: `/units/${index}/packages`, code: 'not_a_pallet', message: 'Packages stand on pallets.' }] : []))
  if (faults.length + empty.length + nested.length > 0) throw new Problem('invalid', 'This cannot be packed.', { errors: [...faults, ...empty, ...nested].slice(0, 100) })
  const { locationId } = await tx.one('shipment', ground, [id])
  await tx.rows(addPacked, [packed.map((p) => p.shipmentLineId), packed.map((p) => p.quantity)])
  const ssccs = await ssccsFor(tx, id, units)
  const made = units.map((unit, index) => ({ ...unit, id: newId<'HandlingUnit'>(), sscc: ssccs[index] ?? '' }))
  await tx.rows(insertUnits, [id, made.map((u) => u.id), made.map((u) => u.sscc), made.map((u) => u.kind), made.map((u) => u.weightGrams ?? null)])
  await tx.rows(insertContents, [packed.map((p) => made[p.unit]?.id ?? null), packed.map((p) => p.shipmentLineId), packed.map((p) => p.itemId), packed.map((p) => p.lotId), packed.map((p) => p.quantity)])
  for (const [index, unit] of made.entries()) {
    const mine = packed.filter((each) => each.unit === index)
    const packages = unit.packages ?? []
    if (packages.length > 0 && (await tx.rows(putOn, [id, unit.id, packages])).length < packages.length) {
      throw new Problem('invalid', 'This cannot be packed.', { errors: [{ pointer: `/units/${index}/packages`, code: 'foreign_sscc', message: 'Not all of these are loose packages of this shipment.' }] })
    }
    await tx.rows(aggregate, ['ADD', unit.sscc, locationId, packages, mine.map((p) => p.itemId), mine.map((p) => p.lotId), mine.map((p) => p.quantity)])
  }
  await note(tx, [id], 'units_packed', { ssccs })
  tx.changed({ entity: 'shipment', id, action: 'units_packed', after: { ssccs } })
  await finishPacking(tx, id)
  return getShipment(tx, id)
}

/** Everything that is picked is in a package: the shipment is packed. */
async function finishPacking(tx: Writing, id: ShipmentId): Promise<void> {
  const { status, lines, units, siteId } = await getShipment(tx, id)
  if (status !== 'picked' || lines.some((each) => each.packed !== each.picked) || lines.every((each) => each.packed === '0')) return
  await advance(tx, [id], 'packed')
  await note(tx, [id], 'packed')
  tx.emit(shipmentPacked, id, { shipmentId: id, siteId, ssccs: units.map((unit) => unit.sscc) })
  tx.changed({ entity: 'shipment', id, action: 'packed' })
}

const loosen = write('shipments:write', 'update bss.handling_unit u set parent_id = null where u.organization_id = $1 and u.shipment_id = $2 and u.parent_id = $3 returning u.sscc', { sscc: column.text })
const takeOut = write('shipments:write', 'delete from bss.handling_unit_content c where c.organization_id = $1 and c.handling_unit_id = $2 returning c.shipment_line_id, c.item_id, c.lot_id, c.quantity', {
  shipmentLineId: column.id<ShipmentLineId>(), itemId: column.id<ItemId>(), lotId: column.nullable(column.id<LotId>()), quantity: column.quantity,
})
const deleteUnit = write('shipments:write', 'delete from bss.handling_unit u where u.organization_id = $1 and u.shipment_id = $2 and u.id = $3 returning u.sscc', { sscc: column.text })

export async function unpackUnit(tx: Writing, id: ShipmentId, unitId: HandlingUnitId): Promise<Shipment> {
  const status = await lockShipment(tx, id)
  if (status !== 'picking' && status !== 'picked') throw notNow(`Packages are opened before the shipment is packed; this one is ${words(status)}.`)
  const { locationId } = await tx.one('shipment', ground, [id])
  const packages = (await tx.rows(loosen, [id, unitId])).map(({ sscc }) => sscc)
  const contents = await tx.rows(takeOut, [unitId])
  const { sscc } = await tx.one('package', deleteUnit, [id, unitId])
  await tx.rows(addPacked, [contents.map((c) => c.shipmentLineId), contents.map((c) => `-${c.quantity}`)])
  await tx.rows(disaggregate, ['DELETE', sscc, locationId, packages, contents.map((c) => c.itemId), contents.map((c) => c.lotId), contents.map((c) => c.quantity)])
  await note(tx, [id], 'unpacked', { sscc })
  tx.changed({ entity: 'shipment', id, action: 'unpacked', after: { sscc } })
  return getShipment(tx, id)
}

const repacked = write('shipments:write', 'update bss.shipment s set needs_repack = false where s.organization_id = $1 and s.id = $2 and s.needs_repack returning s.id', { id: column.id<ShipmentId>() })
export async function confirmRepacked(tx: Writing, id: ShipmentId): Promise<Shipment> {
  await lockShipment(tx, id)
  if ((await tx.maybe(repacked, [id])) === null) throw notNow('Nothing has to be taken out of this shipment.')
  await note(tx, [id], 'repacked')
  tx.changed({ entity: 'shipment', id, action: 'repacked' })
  return getShipment(tx, id)
}
