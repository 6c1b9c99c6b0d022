// Items: what can be in stock, in which units, and, under a permission of its own, what it costs.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type ItemId } from '../../../kernel/ids.ts'
import { Currency, UnitPrice } from '../../../kernel/money.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity, Unit } from '../../../kernel/quantity.ts'
import { closed, Day, External, GtinText, Instant, line, oneOf, orNull, RowVersion, sortBy, WRITES } from '../schema.ts'

export const TRACKINGS = ['none', 'lot', 'serial'] as const
export const ABC = ['A', 'B', 'C'] as const
export const ITEM_STATUSES = ['active', 'inactive'] as const
export type ItemCostId = Id<'ItemCost'>

const Days = Type.Integer({ minimum: 1, maximum: 36_500 })
const Millimetres = Type.Integer({ minimum: 0, maximum: 100_000_000 })
const Grams = Type.Integer({ minimum: 0, maximum: 2_000_000_000 })

export const Item = Type.Object({
  id: idSchema<ItemId>(), sku: Type.String(), name: Type.String(), gtin: orNull(Type.String()), baseUnit: Unit, tracking: oneOf(TRACKINGS), shelfLifeDays: orNull(Type.Integer()),
  storageClass: orNull(Type.String()), isHazardous: Type.Boolean(), abc: orNull(oneOf(ABC)), weightGrams: orNull(Type.Integer()), lengthMm: orNull(Type.Integer()),
  widthMm: orNull(Type.Integer()), heightMm: orNull(Type.Integer()), status: oneOf(ITEM_STATUSES), externalSource: orNull(Type.String()), externalRef: orNull(Type.String()),
  rowVersion: RowVersion, createdAt: Instant, updatedAt: Instant,
}, closed)
export type Item = Type.Static<typeof Item>

const optional = {
  gtin: Type.Optional(GtinText), tracking: Type.Optional(oneOf(TRACKINGS)), shelfLifeDays: Type.Optional(Days), storageClass: Type.Optional(line(60)), isHazardous: Type.Optional(Type.Boolean()),
  abc: Type.Optional(oneOf(ABC)), weightGrams: Type.Optional(Grams), lengthMm: Type.Optional(Millimetres), widthMm: Type.Optional(Millimetres), heightMm: Type.Optional(Millimetres),
}
export const ItemDraft = Type.Object({ sku: line(100), name: line(400), baseUnit: Unit, ...optional, external: Type.Optional(External) }, closed)
export type ItemDraft = Type.Static<typeof ItemDraft>
export const ItemPatch = Type.Object({
  name: Type.Optional(line(400)), gtin: Type.Optional(orNull(GtinText)), shelfLifeDays: Type.Optional(orNull(Days)), storageClass: Type.Optional(orNull(line(60))),
  isHazardous: Type.Optional(Type.Boolean()), abc: Type.Optional(orNull(oneOf(ABC))), weightGrams: Type.Optional(orNull(Grams)), lengthMm: Type.Optional(orNull(Millimetres)),
  widthMm: Type.Optional(orNull(Millimetres)), heightMm: Type.Optional(orNull(Millimetres)), status: Type.Optional(oneOf(ITEM_STATUSES)),
}, closed)
export type ItemPatch = Type.Static<typeof ItemPatch>
/** One line of the bulk: known by its sku. What is left out keeps its value. */
export const ItemLine = Type.Object({ ...ItemDraft.properties, status: Type.Optional(oneOf(ITEM_STATUSES)) }, closed)
export type ItemLine = Type.Static<typeof ItemLine>
export const LINE_OUTCOMES = ['created', 'updated', 'unchanged', 'refused'] as const
export const ItemLineResult = Type.Object({
  line: Type.Integer(), outcome: oneOf(LINE_OUTCOMES), id: Type.Optional(idSchema<ItemId>()), code: Type.Optional(Type.String()), pointer: Type.Optional(Type.String()), message: Type.Optional(Type.String()),
}, closed)
export type ItemLineResult = Type.Static<typeof ItemLineResult>

export const ItemUnit = Type.Object({ itemId: idSchema<ItemId>(), unit: Unit, factor: Type.String(), gtin: orNull(Type.String()), rowVersion: RowVersion }, closed)
export type ItemUnit = Type.Static<typeof ItemUnit>
export const ItemUnitDraft = Type.Object({ factor: PositiveQuantity, gtin: Type.Optional(GtinText) }, closed)
export type ItemUnitDraft = Type.Static<typeof ItemUnitDraft>

export const ItemCost = Type.Object({ id: idSchema<ItemCostId>(), itemId: idSchema<ItemId>(), effectiveOn: Type.String(), unitCost: Type.String(), currency: Currency, rowVersion: RowVersion }, closed)
export type ItemCost = Type.Static<typeof ItemCost>
export const ItemCostDraft = Type.Object({ effectiveOn: Day, unitCost: UnitPrice, currency: Currency }, closed)
export type ItemCostDraft = Type.Static<typeof ItemCostDraft>

const ItemPath = Type.Object({ itemId: idSchema<ItemId>() }, closed)

export const itemsApi = defineApi({
  createItem: {
    method: 'POST', path: '/api/v1/items', needs: WRITES, summary: 'Create an item', body: ItemDraft, status: 201, returns: Item, fails: ['conflict', 'invalid'],
    example: { sku: 'WHITE-MUG', name: 'White mug, 300 ml', gtin: '4006381333931', baseUnit: 'EA', weightGrams: 320 },
  },
  listItems: {
    method: 'GET', path: '/api/v1/items', needs: 'inventory:read', summary: 'List items', status: 200, returns: pageOf(Item), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[status]': Type.Optional(oneOf(ITEM_STATUSES)), 'filter[sku]': Type.Optional(Type.String({ maxLength: 100 })), 'filter[gtin]': Type.Optional(Type.String({ maxLength: 14 })),
      'filter[search]': Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'sku or name begins with it' })), 'filter[tracking]': Type.Optional(oneOf(TRACKINGS)),
      sort: sortBy(['sku', 'name', 'created']),
    }, closed),
  },
  getItem: { method: 'GET', path: '/api/v1/items/{itemId}', needs: 'inventory:read', summary: 'Get an item', params: ItemPath, status: 200, returns: Item, fails: ['not_found'] },
  updateItem: {
    method: 'PATCH', path: '/api/v1/items/{itemId}', needs: WRITES, summary: 'Change an item', params: ItemPath, body: ItemPatch, status: 200, returns: Item, ifMatch: true,
    fails: ['not_found', 'stale', 'conflict', 'invalid', 'precondition_required'], example: { abc: 'A' },
  },
  upsertItems: {
    method: 'POST', path: '/api/v1/items/bulk', needs: WRITES, summary: 'Create or update many items, one per line, by their sku', body: ItemLine, lines: true, status: 200,
    returns: ItemLineResult, fails: [], example: { sku: 'WHITE-MUG', name: 'White mug, 300 ml', baseUnit: 'EA' },
  },
  listItemUnits: {
    method: 'GET', path: '/api/v1/items/{itemId}/units', needs: 'inventory:read', summary: 'The units of an item beside its base unit', params: ItemPath, status: 200,
    returns: Type.Object({ items: Type.Array(ItemUnit) }, closed), fails: ['not_found'],
  },
  setItemUnit: {
    method: 'PUT', path: '/api/v1/items/{itemId}/units/{unit}', needs: WRITES, summary: 'Set how many base units a unit of an item holds',
    params: Type.Object({ ...ItemPath.properties, unit: Unit }, closed), body: ItemUnitDraft, status: 200, returns: ItemUnit, fails: ['not_found', 'invalid'], example: { factor: '12' },
  },
  listItemCosts: {
    method: 'GET', path: '/api/v1/items/{itemId}/costs', needs: 'cost:read', summary: 'The standard costs of an item, newest first', params: ItemPath, status: 200, returns: pageOf(ItemCost), fails: [],
    query: Type.Object({ ...PageQuery }, closed),
  },
  setItemCost: {
    method: 'POST', path: '/api/v1/items/{itemId}/costs', needs: ['cost:read', 'cost:write'], summary: 'Set the standard cost of an item from a day on', params: ItemPath, body: ItemCostDraft,
    status: 201, returns: ItemCost, fails: ['not_found', 'invalid'], example: { effectiveOn: '2026-01-01', unitCost: '2.45', currency: 'EUR' },
  },
})
