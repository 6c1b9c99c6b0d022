// Something to see in a demo organization: a site with bins, pumps and their parts, prices, customers, stock with lots, and a
// fortnight of orders of which some wait for goods. The same for every organization, but for its name and its amounts.
import { inventoryApi } from '../domains/inventory/contract.ts'
import { ordersApi } from '../domains/orders/contract.ts'
import { clientOf, fetchSender } from '../kernel/client.ts'

export interface DemoFilling {
  readonly url: string
  readonly keys: Readonly<Record<string, string>>
}
const ITEMS = [
  { sku: 'PUMP-40', name: 'Circulation pump, DN 40', price: '129.50', cost: '81.20', stock: '60' },
  { sku: 'PUMP-65', name: 'Circulation pump, DN 65', price: '214.00', cost: '139.75', stock: '24' },
  { sku: 'SEAL-40', name: 'Shaft seal, 40 mm', price: '8.90', cost: '3.15', stock: '900' },
  { sku: 'SEAL-65', name: 'Shaft seal, 65 mm', price: '11.40', cost: '4.05', stock: '600' },
  { sku: 'VALVE-3W', name: 'Three-way valve', price: '46.25', cost: '27.80', stock: '150' },
  { sku: 'GASKET-A', name: 'Gasket set A', price: '5.60', cost: '1.95', stock: '2000' },
  { sku: 'MOTOR-1K', name: 'Motor, 1.1 kW', price: '189.00', cost: '122.40', stock: '18' },
  { sku: 'GREASE-1', name: 'Bearing grease, 1 kg', price: '14.80', cost: '6.70', stock: '120', lot: { number: 'G2026-07', expiresOn: '2028-07-31' } },
] as const
const CUSTOMERS = [
  { code: 'C-1001', name: 'Harbour Pumps Ltd', country: 'GB' },
  { code: 'C-1002', name: 'Nordlicht Heizung GmbH', country: 'DE' },
  { code: 'C-1003', name: 'Eaux de Loire SA', country: 'FR' },
  { code: 'C-1004', name: 'Fjord Marine AS', country: 'NO' },
] as const
const ORDERS = 40
const DAY_MS = 86_400_000

/** Fills one organization; `keys` are its demo keys by role. */
export async function fillDemo({ url, keys }: DemoFilling): Promise<void> {
  const sender = fetchSender({ baseUrl: url, token: keys['tenant_admin'] ?? null })
  const inventory = clientOf(inventoryApi, sender)
  const orders = clientOf(ordersApi, sender)
  const site = await inventory.createSite({ body: { code: 'HAM', name: 'Hamburg warehouse', timeZone: 'Europe/Berlin', currency: 'EUR' } })
  for (const [index, code] of ['A-01-01', 'A-01-02', 'A-02-01'].entries()) {
    await inventory.createLocation({ params: { siteId: site.id }, body: { code, kind: 'pick', barcode: `LOC-${code}`, pickSequence: index + 1 } })
  }
  await sent(inventory.upsertItems({ lines: ITEMS.map(({ sku, name, ...item }) => ({ sku, name, baseUnit: 'EA' as const, ...('lot' in item ? { tracking: 'lot' as const } : {}) })) }))
  await orders.createPriceList({ body: { code: 'RETAIL', name: 'Retail', currency: 'EUR', isDefault: true } })
  await sent(orders.setPrices({ lines: ITEMS.map(({ sku, price }) => ({ sku, currency: 'EUR' as const, unitPrice: price })) }))
  await sent(orders.upsertCustomers({ lines: CUSTOMERS }))
  await sent(
    inventory.receiveLines({
      lines: ITEMS.map(({ sku, stock, ...item }) => ({ external: { source: 'demo', ref: `opening/${sku}` }, siteCode: 'HAM', locationCode: 'A-01-01', sku, quantity: stock, ...('lot' in item ? { lot: item.lot } : {}) })),
    }),
  )
  await setCosts(inventory)
  await sent(orders.placeOrders({ lines: Array.from({ length: ORDERS }, (_, index) => orderOf(index)) }))
}

async function setCosts(inventory: ReturnType<typeof clientOf<typeof inventoryApi>>): Promise<void> {
  const { items } = await inventory.listItems({ query: {} })
  for (const { sku, cost } of ITEMS) {
    const item = items.find((each) => each.sku === sku)
    if (item) await inventory.setItemCost({ params: { itemId: item.id }, body: { effectiveOn: '2026-01-01', unitCost: cost, currency: 'EUR' } })
  }
}

/** Orders of the last two weeks. The pumps and motors run out on the way, so that some orders wait for goods. */
function orderOf(index: number) {
  const pick = (offset: number): string => ITEMS[(index * 3 + offset) % ITEMS.length]?.sku ?? 'PUMP-40'
  const orderedAt = new Date(Date.now() - (14 * DAY_MS * (ORDERS - index)) / ORDERS)
  const day = (days: number): string => new Date(orderedAt.getTime() + days * DAY_MS).toISOString().slice(0, 10)
  return {
    external: { source: 'demo', ref: `D-${String(index + 1).padStart(4, '0')}` }, customerCode: CUSTOMERS[index % CUSTOMERS.length]?.code ?? 'C-1001', siteCode: 'HAM',
    orderedAt: orderedAt.toISOString(), requestedOn: day(5), promisedOn: day(7),
    lines: [0, 1, 2].slice(0, 1 + (index % 3)).map((offset) => ({ sku: pick(offset), quantity: String(1 + ((index + offset) % 6)), backorderPolicy: 'split' as const })),
  }
}

/** Reads all answers; a refused line of our own data is a mistake of ours. */
async function sent(results: AsyncIterable<{ readonly outcome: string; readonly line: number; readonly message?: string }, unknown, unknown>): Promise<void> {
  for await (const { outcome, line, message } of results) {
    if (outcome === 'refused') throw new Error(`Line ${line} of the demo was refused: ${message ?? outcome}`)
  }
}
