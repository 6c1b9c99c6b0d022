// All SQL about items, one at a time.
import { newId, type ItemId } from '../../../kernel/ids.ts'
import type { Unit } from '../../../kernel/quantity.ts'
import { UNITS } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import { fresh } from '../sites/store.ts'
import { ABC, ITEM_STATUSES, TRACKINGS, type Item, type ItemDraft, type ItemPatch, type ItemUnit, type ItemUnitDraft } from './contract.ts'

type Reading = Tx<'read', 'inventory:read'>
type Writing = Tx<'write', 'inventory:read' | 'inventory:write'>

const item = {
  id: column.id<ItemId>(), sku: column.text, name: column.text, gtin: column.nullable(column.text), baseUnit: column.oneOf(UNITS), tracking: column.oneOf(TRACKINGS),
  shelfLifeDays: column.nullable(column.int), storageClass: column.nullable(column.text), isHazardous: column.bool, abc: column.nullable(column.oneOf(ABC)),
  weightGrams: column.nullable(column.int), lengthMm: column.nullable(column.int), widthMm: column.nullable(column.int), heightMm: column.nullable(column.int),
  status: column.oneOf(ITEM_STATUSES), externalSource: column.nullable(column.text), externalRef: column.nullable(column.text), rowVersion: column.int,
  createdAt: column.instant, updatedAt: column.instant,
}
const ITEM = `i.id, i.sku, i.name, i.gtin, i.base_unit, i.tracking, i.shelf_life_days, i.storage_class, i.is_hazardous, i.abc, i.weight_grams, i.length_mm, i.width_mm, i.height_mm,
  i.status, i.external_source, i.external_ref, i.row_version, i.created_at, i.updated_at`
const refusals: Refusals = {
  item_sku_taken: ['conflict', 'There is an item with this sku already.', '/sku'],
  item_external_taken: ['conflict', 'There is an item with this external reference already.', '/external/ref'],
}
const byId = read('inventory:read', `select ${ITEM} from bss.item i where i.organization_id = $1 and i.id = $2`, item)
const insert = write('inventory:write', `
  insert into bss.item as i (organization_id, id, sku, name, gtin, base_unit, tracking, shelf_life_days, storage_class, is_hazardous, abc, weight_grams, length_mm, width_mm, height_mm, external_source, external_ref)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) returning ${ITEM}`, item, refusals)
const update = write('inventory:write', `
  update bss.item i set name = $4, gtin = $5, shelf_life_days = $6, storage_class = $7, is_hazardous = $8, abc = $9, weight_grams = $10, length_mm = $11, width_mm = $12, height_mm = $13, status = $14
   where i.organization_id = $1 and i.id = $2 and i.row_version = $3 returning ${ITEM}`, item, refusals)

export const listItems = listing('inventory:read', {
  select: `select ${ITEM} from bss.item i where i.organization_id = $1`, shape: item,
  filters: { status: 'i.status = ?', sku: 'i.sku = ?', gtin: 'i.gtin = ?', search: '(i.sku ^@ ? or i.name ^@ ?)', tracking: 'i.tracking = ?' },
  sorts: { sku: { sql: 'i.sku', type: 'text', of: (row) => row.sku }, name: { sql: 'i.name', type: 'text', of: (row) => row.name }, created: { sql: 'i.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'i.id', type: 'uuid', of: (row) => row.id },
})
export const getItem = (tx: Reading, id: ItemId): Promise<Item> => tx.one('item', byId, [id])

export async function createItem(tx: Writing, draft: ItemDraft): Promise<Item> {
  const made = await tx.one('item', insert, [
    newId(), draft.sku, draft.name, draft.gtin ?? null, draft.baseUnit, draft.tracking ?? 'none', draft.shelfLifeDays ?? null, draft.storageClass ?? null, draft.isHazardous ?? false, draft.abc ?? null,
    draft.weightGrams ?? null, draft.lengthMm ?? null, draft.widthMm ?? null, draft.heightMm ?? null, draft.external?.source ?? null, draft.external?.ref ?? null,
  ])
  tx.changed({ entity: 'item', id: made.id, action: 'created', after: { sku: made.sku, name: made.name } })
  return made
}
export async function updateItem(tx: Writing, id: ItemId, expected: number, patch: ItemPatch): Promise<Item> {
  const before = await getItem(tx, id)
  const next = { ...before, ...patch }
  const after = fresh(await tx.maybe(update, [
    id, expected, next.name, next.gtin, next.shelfLifeDays, next.storageClass, next.isHazardous, next.abc, next.weightGrams, next.lengthMm, next.widthMm, next.heightMm, next.status,
  ]), 'item')
  tx.changed({ entity: 'item', id, action: 'updated', before, after: patch })
  return after
}

const unit = { itemId: column.id<ItemId>(), unit: column.oneOf(UNITS), factor: column.quantity, gtin: column.nullable(column.text), rowVersion: column.int }
const UNIT = 'u.item_id, u.unit, u.factor, u.gtin, u.row_version'
const unitsOf = read('inventory:read', `select ${UNIT} from bss.item_unit u where u.organization_id = $1 and u.item_id = $2 order by u.unit`, unit)
const setUnit = write('inventory:write', `
  insert into bss.item_unit as u (organization_id, id, item_id, unit, factor, gtin) values ($1, $2, $3, $4, $5, $6)
  on conflict (organization_id, item_id, unit) do update set factor = excluded.factor, gtin = excluded.gtin returning ${UNIT}`, unit)

export async function listItemUnits(tx: Reading, id: ItemId): Promise<ItemUnit[]> {
  await getItem(tx, id)
  return tx.rows(unitsOf, [id])
}
export async function setItemUnit(tx: Writing, id: ItemId, name: Unit, draft: ItemUnitDraft): Promise<ItemUnit> {
  await getItem(tx, id)
  const set = await tx.one('unit', setUnit, [newId(), id, name, draft.factor, draft.gtin ?? null])
  tx.changed({ entity: 'item_unit', id, action: 'set', after: set })
  return set
}
