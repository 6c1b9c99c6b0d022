// Packing: picked goods go into packages and pallets, each with an SSCC.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type HandlingUnitId, type ItemId, type LotId, type ShipmentLineId } from '../../../kernel/ids.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { command } from '../document/contract.ts'
import { closed, line, oneOf, Sscc } from '../schema.ts'

const Goods = Type.Object({
  shipmentLineId: Type.Optional(idSchema<ShipmentLineId>()), itemId: Type.Optional(idSchema<ItemId>()), barcode: Type.Optional(line(200)), lotId: Type.Optional(idSchema<LotId>()), quantity: PositiveQuantity,
}, { ...closed, description: 'Name the line, the item, or the barcode that was scanned (GTIN, GS1-128, DataMatrix, Digital Link)' })
export type Goods = Type.Static<typeof Goods>
export const UnitDraft = Type.Object({
  kind: oneOf(['package', 'pallet']), sscc: Type.Optional(Sscc), weightGrams: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000_000 })),
  contents: Type.Optional(Type.Array(Goods, { maxItems: 500 })), packages: Type.Optional(Type.Array(Sscc, { maxItems: 500, uniqueItems: true, description: 'SSCCs of packages of this shipment that stand on this pallet' })),
}, closed)
export type UnitDraft = Type.Static<typeof UnitDraft>
const UnitPath = Type.Object({ ...command.params.properties, handlingUnitId: idSchema<HandlingUnitId>() }, closed)

const example = '019a0000-0000-7000-8000-000000000001'
export const packingApi = defineApi({
  packShipment: {
    ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/pack', summary: 'Pack picked goods; when everything is packed, the shipment is', status: 200,
    body: Type.Object({ units: Type.Array(UnitDraft, { minItems: 1, maxItems: 100 }) }, closed), example: { units: [{ kind: 'package', weightGrams: 5200, contents: [{ itemId: example, quantity: '12' }] }] },
  },
  unpackUnit: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/units/{handlingUnitId}/unpack', summary: 'Take everything out of a package and forget it, before the shipment is packed', params: UnitPath },
  confirmRepacked: { ...command, method: 'POST', path: '/api/v1/shipments/{shipmentId}/confirm-repacked', summary: 'Say that goods cancelled after the packing were taken out of their packages' },
})
