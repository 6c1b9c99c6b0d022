// What goes with the goods: labels, packing list, bill of lading.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { Money } from '../../../kernel/money.ts'
import { ShipmentPath } from '../document/contract.ts'
import { closed, oneOf } from '../schema.ts'

export const PAPER_KINDS = ['label-zpl', 'label-pdf', 'packing-list', 'bill-of-lading'] as const
export type PaperKind = (typeof PAPER_KINDS)[number]
export const Paper = Type.Object({ fileName: Type.String(), mediaType: Type.String(), base64: Type.String({ description: 'The file, in Base64' }) }, closed)
const Rate = Type.Object({ service: Type.String(), price: Money, transitDays: Type.Integer() }, closed)

export const papersApi = defineApi({
  getPaper: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/papers/{kind}', needs: 'shipments:read', summary: 'Labels (ZPL, PDF) of its packages, packing list, or bill of lading', params: Type.Object({ ...ShipmentPath.properties, kind: oneOf(PAPER_KINDS) }, closed),
    status: 200, returns: Paper, fails: ['not_found', 'conflict'],
  },
  getRates: {
    method: 'GET', path: '/api/v1/shipments/{shipmentId}/rates', needs: ['shipments:read', 'cost:read'], summary: 'What the carrier would ask for it', params: ShipmentPath, status: 200, returns: Type.Object({ items: Type.Array(Rate) }, closed), fails: ['not_found', 'conflict', 'unavailable'],
  },
})
