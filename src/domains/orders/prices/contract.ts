// Price lists. An order placed at list prices takes the price that has begun last on the customer's list, or on the default one.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { type Id, idSchema, type ItemId } from '../../../kernel/ids.ts'
import { Currency, UnitPrice } from '../../../kernel/money.ts'
import { pageOf, PageQuery } from '../../../kernel/page.ts'
import { BusinessDate, LineResult, nullable, Text } from '../document/contract.ts'
import type { PriceListId } from '../customers/contract.ts'
import { closed } from '../../../kernel/schema.ts'

export type PriceId = Id<'Price'>

export const PriceList = Type.Object({ id: idSchema<PriceListId>(), code: Type.String(), name: Type.String(), currency: Currency, isDefault: Type.Boolean(), rowVersion: Type.Integer() }, closed)
export type PriceList = Type.Static<typeof PriceList>
export const NewPriceList = Type.Object({ code: Text(60), name: Text(200), currency: Currency, isDefault: Type.Optional(Type.Boolean()) }, closed)
export type NewPriceList = Type.Static<typeof NewPriceList>

export const Price = Type.Object(
  { id: idSchema<PriceId>(), priceListId: idSchema<PriceListId>(), itemId: idSchema<ItemId>(), sku: Type.String(), unitPrice: UnitPrice, currency: Currency, validFrom: Type.String(), validUntil: nullable(Type.String()), rowVersion: Type.Integer() },
  closed,
)
export type Price = Type.Static<typeof Price>
export const NewPrice = Type.Object({ itemId: idSchema<ItemId>(), unitPrice: UnitPrice, validFrom: Type.Optional(BusinessDate), validUntil: Type.Optional(BusinessDate) }, closed)
export type NewPrice = Type.Static<typeof NewPrice>
/** One line of the bulk. Without a list: the default list of that currency, which is created when there is none. Without a date: from today on, unless it is the price already. */
export const PriceLine = Type.Object({ sku: Text(100), currency: Currency, unitPrice: UnitPrice, priceListCode: Type.Optional(Text(60)), validFrom: Type.Optional(BusinessDate) }, closed)
export type PriceLine = Type.Static<typeof PriceLine>

const ListPath = Type.Object({ priceListId: idSchema<PriceListId>() }, closed)
const WRITES = ['price:read', 'price:write'] as const

export const pricesApi = defineApi({
  createPriceList: { method: 'POST', path: '/api/v1/price-lists', needs: WRITES, summary: 'Create a price list', body: NewPriceList, status: 201, returns: PriceList, fails: ['conflict'], example: { code: 'RETAIL', name: 'Retail 2026', currency: 'EUR', isDefault: true } },
  listPriceLists: { method: 'GET', path: '/api/v1/price-lists', needs: 'price:read', summary: 'All price lists, by code', status: 200, returns: Type.Object({ items: Type.Array(PriceList) }, closed), fails: [] },
  updatePriceList: {
    method: 'PATCH', path: '/api/v1/price-lists/{priceListId}', needs: WRITES, summary: 'Rename a price list, or make it the default', params: ListPath,
    body: Type.Object({ name: Type.Optional(Text(200)), isDefault: Type.Optional(Type.Boolean()) }, { ...closed, minProperties: 1 }), ifMatch: true, status: 200, returns: PriceList,
    fails: ['not_found', 'stale', 'precondition_required'], example: { isDefault: true },
  },
  setPrice: {
    method: 'POST', path: '/api/v1/price-lists/{priceListId}/prices', needs: WRITES, summary: 'Set the price of an item from a day on', params: ListPath, body: NewPrice, status: 201, returns: Price,
    fails: ['not_found', 'invalid'], example: { itemId: '0198d6a4-6f00-7000-8000-000000000003', unitPrice: '12.5', validFrom: '2026-01-01' },
  },
  listPrices: {
    method: 'GET', path: '/api/v1/prices', needs: 'price:read', summary: 'Prices of a list, by item and newest first', status: 200, returns: pageOf(Price), fails: ['not_found'],
    query: Type.Object({ ...PageQuery, 'filter[priceListId]': idSchema<PriceListId>(), 'filter[itemId]': Type.Optional(idSchema<ItemId>()) }, closed),
  },
  setPrices: { method: 'POST', path: '/api/v1/prices/bulk', needs: WRITES, summary: 'Set many prices, one per line, by sku', body: PriceLine, lines: true, status: 200, returns: LineResult, fails: [], example: { sku: 'PUMP-40', currency: 'EUR', unitPrice: '129.5' } },
})
