import type { OrganizationId, ShipmentId } from '../../../kernel/ids.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import { isCurrency } from '../../../kernel/money.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Outbound } from '../../../platform/outbound/outbound.ts'
import { parcelOf } from '../carriers/asking.ts'
import { parcelFrom, portOf } from '../carriers/round.ts'
import { getShipment, type Reading } from '../document/store.ts'
import type { PaperKind, papersApi } from './contract.ts'
import { billOfLadingPdf, labelsPdf, packingListPdf, zplOf, type Printed } from './print.ts'

const around = read('shipments:read', `
  select w.name as from_name, coalesce(a.name, p.name) as name, a.street, a.postal_code, a.city, coalesce(a.country, p.country) as country, c.name as carrier, v.name as service
    from bss.shipment s
    join bss.site w on w.organization_id = $1 and w.id = s.site_id
    join bss.party p on p.organization_id = $1 and p.id = s.customer_id
    left join bss.shipment_address a on a.organization_id = $1 and a.id = s.id
    left join bss.carrier c on c.organization_id = $1 and c.id = s.carrier_id
    left join bss.carrier_service v on v.organization_id = $1 and v.id = s.service_id
   where s.organization_id = $1 and s.id = $2`, {
  fromName: column.text, name: column.text, street: column.nullable(column.text), postalCode: column.nullable(column.text), city: column.nullable(column.text), country: column.nullable(column.text),
  carrier: column.nullable(column.text), service: column.nullable(column.text),
})
async function printedOf(tx: Reading, id: ShipmentId): Promise<Printed> {
  const shipment = await getShipment(tx, id)
  const { fromName, carrier, service, ...to } = await tx.one('shipment', around, [id])
  if (shipment.units.length === 0) throw new Problem('conflict', 'There is nothing to print before something is packed.')
  return { shipment, from: fromName, to, carrier, service }
}

async function print(kind: PaperKind, printed: Printed): Promise<{ fileName: string; mediaType: string; base64: string }> {
  const name = `${printed.shipment.number}-${kind}`
  if (kind === 'label-zpl') return { fileName: `${name}.zpl`, mediaType: 'application/zpl', base64: Buffer.from(printed.shipment.units.map((unit) => zplOf(printed, unit)).join('')).toString('base64') }
  const make = { 'label-pdf': labelsPdf, 'packing-list': packingListPdf, 'bill-of-lading': billOfLadingPdf }[kind]
  return { fileName: `${name}.pdf`, mediaType: 'application/pdf', base64: Buffer.from(await make(printed)).toString('base64') }
}

export const papersHandlers = (database: Database, outbound: Outbound): Handlers<typeof papersApi> => {
  async function rates(organizationId: OrganizationId, asked: Parameters<typeof parcelFrom>[0]) {
    if (asked.carrierKind === 'manual') throw new Problem('conflict', 'This carrier is asked by hand.')
    const answer = await portOf(database, outbound, organizationId, asked).rates(parcelFrom(asked))
    if (!answer.ok) throw answer.isFinal ? new Problem('conflict', answer.sentence) : new Problem('unavailable', answer.sentence, { retryAfterSeconds: 10 })
    return { items: answer.value.flatMap(({ service, amount, currency, transitDays }) => (isCurrency(currency) ? [{ service, price: { amount, currency }, transitDays }] : [])) }
  }
  return {
    getPaper: async ({ ctx, params }) => print(params.kind, await database.read(ctx, (tx) => printedOf(tx, params.shipmentId))),
    getRates: async ({ ctx, params }) => {
      const asked = await database.read(ctx, async (tx) => {
        if ((await getShipment(tx, params.shipmentId)).carrierId === null) throw new Problem('conflict', 'This shipment has no carrier.')
        return tx.one('shipment', parcelOf, [params.shipmentId])
      })
      return rates(ctx.organizationId, asked)
    },
  }
}
