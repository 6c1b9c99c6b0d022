// Changes that cross each other: what a lot or a location is good for, while stock is moved into it. One transaction is held open
// on purpose; the other has to wait for it and to see what it did.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { newId, type SiteId } from '../../../kernel/ids.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { changeLotStatus } from '../lots/store.ts'
import { adjustStock } from '../movements/adjust.ts'
import { updateLocation } from '../sites/store.ts'
import { openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
beforeAll(async () => {
  room = await openStockroom()
})
afterAll(() => room.close())

type Writing = Tx<'write', 'inventory:read' | 'inventory:write' | 'stock:adjust'>
const write = <T>(work: (tx: Writing) => Promise<T>): Promise<T> =>
  room.house.database.write(contextOf(room.house.acme.id, 'tenant_admin').need('inventory:read').need('inventory:write').need('stock:adjust'), work)

/** True once somebody in this database waits for a lock. */
const isAnybodyWaiting = async (): Promise<boolean> =>
  (await sql(room.house.superuserUrl, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"))[0]?.[0] !== '0'

/** Runs `first` and holds its transaction open until `second` waits for it, or is through without waiting; both are committed in the end. */
async function crossing(first: (tx: Writing) => Promise<unknown>, second: (tx: Writing) => Promise<unknown>): Promise<void> {
  const reached = Promise.withResolvers<undefined>()
  const released = Promise.withResolvers<undefined>()
  const holding = write(async (tx) => {
    await first(tx)
    reached.resolve(undefined)
    await released.promise
  })
  await Promise.race([reached.promise, holding])
  let isThrough = false
  const crossed = write(second).finally(() => {
    isThrough = true
  })
  crossed.catch(() => undefined) // Awaited below, when the first is let go.
  while (!isThrough && !(await isAnybodyWaiting()));
  released.resolve(undefined)
  await Promise.all([holding, crossed])
}
const lotOf = async (sku: string, siteId: SiteId = room.siteId) => {
  const itemId = await room.item(sku, 'lot')
  await room.admin.adjustStock({ body: { siteId, reason: 'opening', lines: [{ itemId, locationId: room.bins.a, change: '10', lot: { number: 'L1' } }] } })
  const [lot] = (await room.admin.listLots({ query: { 'filter[itemId]': itemId } })).items
  if (lot === undefined) throw new Error('The lot is missing.')
  return { itemId, lotId: lot.id }
}
const holds = async () => {
  await room.settle()
  expect((await room.admin.checkInvariants()).rules.filter((rule) => !rule.holds)).toEqual([])
}

describe('stock that arrives while', () => {
  it('its lot is put on hold counts as unavailable', async () => {
    const { itemId, lotId } = await lotOf('CROSS-1')
    const line = { itemId, lotId, locationId: room.bins.b, change: '5' }
    await crossing((tx) => changeLotStatus(tx, lotId, 'on_hold', 'Test'), (tx) => adjustStock(tx, newId(), { siteId: room.siteId, reason: 'found', lines: [line] }))
    await holds()
    expect((await room.admin.listLevels({ query: { 'filter[itemId]': itemId } })).items).toMatchObject([{ onHand: '15', unavailable: '15', available: '0' }])
  })

  it('its lot is put on hold is seen by the hold, also at a site that had none of it', async () => {
    const { itemId, lotId } = await lotOf('CROSS-2')
    const site = await room.admin.createSite({ body: { code: 'CROSS', name: 'Crossing', timeZone: 'Europe/Berlin', currency: 'EUR' } })
    const bin = await room.admin.createLocation({ params: { siteId: site.id }, body: { code: 'X-01', kind: 'pick' } })
    const line = { itemId, lotId, locationId: bin.id, change: '5' }
    await crossing((tx) => adjustStock(tx, newId(), { siteId: site.id, reason: 'found', lines: [line] }), (tx) => changeLotStatus(tx, lotId, 'on_hold', 'Test'))
    await holds()
    expect((await room.admin.listLevels({ query: { 'filter[itemId]': itemId, 'filter[siteId]': site.id } })).items).toMatchObject([{ onHand: '5', unavailable: '5', available: '0' }])
  })

  it('its bin becomes a quarantine counts as unavailable, and a bin that fills up meanwhile keeps its kind', async () => {
    const bin = async (code: string) => room.admin.createLocation({ params: { siteId: room.siteId }, body: { code, kind: 'pick' } })
    const [first, second] = [await bin('X-02'), await bin('X-03')]
    const itemId = await room.item('CROSS-3')
    const arrival = (locationId: typeof first.id) => (tx: Writing) => adjustStock(tx, newId(), { siteId: room.siteId, reason: 'found', lines: [{ itemId, locationId, change: '5' }] })
    await crossing((tx) => updateLocation(tx, first.id, first.rowVersion, { kind: 'quarantine' }), arrival(first.id))
    await holds()
    await expect(crossing(arrival(second.id), (tx) => updateLocation(tx, second.id, second.rowVersion, { kind: 'quarantine' }))).rejects.toMatchObject({ code: 'conflict' })
    await holds()
    expect((await room.admin.listLevels({ query: { 'filter[itemId]': itemId } })).items).toMatchObject([{ onHand: '10', unavailable: '5' }])
  })
})
