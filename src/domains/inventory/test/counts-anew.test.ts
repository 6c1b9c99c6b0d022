// Counts that changed after they were approved, what a difference is worth, and lots that nobody knew.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { newId, type CycleCountId, type ItemId, type LocationId, type SiteId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../contract.ts'
import type { CountRecord } from '../counts/contract.ts'
import { openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
beforeAll(async () => { room = await openStockroom() })
afterAll(() => room.close())

const lead = () => room.house.client(inventoryApi, 'warehouse_lead')
const worker = () => room.house.client(inventoryApi, 'warehouse_operator')
let bins = 0
const bin = async (siteId: SiteId = room.siteId): Promise<LocationId> => (await room.admin.createLocation({ params: { siteId }, body: { code: `ANEW-${(bins += 1)}`, kind: 'storage' } })).id
const onHand = async (itemId: ItemId, locationId: LocationId): Promise<string> =>
  (await sql(room.house.superuserUrl, 'select coalesce(sum(trim_scale(on_hand)), 0)::text from bss.stock_balance where item_id = $1::uuid and location_id = $2::uuid', [itemId, locationId]))[0]?.[0] ?? ''
const plan = async (locationIds: LocationId[], more: { toleranceQuantity?: string; siteId?: SiteId } = {}): Promise<CycleCountId> => (await room.admin.planCount({ body: { siteId: room.siteId, locationIds, ...more } })).id
const record = (countId: CycleCountId, locationId: LocationId, entries: CountRecord['entries']) => worker().recordCount({ params: { countId }, body: { locationId, entries } })
const on = (countId: CycleCountId) => ({ params: { countId } })
const differences = async (countId: CycleCountId) => (await lead().listCountDifferences(on(countId))).items
/** A move that happened long before anybody counted and is recorded only now. */
const late = (itemId: ItemId, locationId: LocationId, change: string) => room.admin.adjustStock({ body: { siteId: room.siteId, reason: 'count', occurredAt: '2026-01-05T10:00:00Z', lines: [{ itemId, locationId, change }] } })
const clean = async () => { expect(await room.admin.checkInvariants({})).toMatchObject({ holds: true }) }

/** Two places with ten pieces each; nine were found in both, and that was approved. */
async function approved(sku: string) {
  const [changed, same] = [await room.item(`${sku}-1`), await room.item(`${sku}-2`)]
  const [here, there] = [await bin(), await bin()]
  await room.stock(changed, here, '10')
  await room.stock(same, there, '10')
  const countId = await plan([here, there], { toleranceQuantity: '5' })
  await record(countId, here, [{ itemId: changed, quantity: '9' }])
  await record(countId, there, [{ itemId: same, quantity: '9' }])
  await lead().reviewCount(on(countId))
  await room.admin.approveCount(on(countId))
  return { changed, same, here, there, countId }
}

describe('an approved count whose differences have changed', () => {
  it('is reviewed and approved again, and then posts what is the difference now', async () => {
    const { changed, same, here, there, countId } = await approved('RE-A')
    await expect(lead().reviewCount(on(countId))).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'nothing_changed' }] })
    await late(changed, here, '-1')
    await expect(room.admin.postCount(on(countId))).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'changed_since_review' }] })
    expect(new Map((await differences(countId)).map(({ itemId, difference, isChanged }) => [itemId, [difference, isChanged]]))).toEqual(new Map([[changed, ['0', true]], [same, ['-1', false]]]))
    await expect(worker().reviewCount(on(countId))).rejects.toMatchObject({ status: 403 })
    expect(await lead().reviewCount(on(countId))).toMatchObject({ status: 'reviewed', approvedBy: null })
    await expect(room.admin.postCount(on(countId))).rejects.toMatchObject({ code: 'illegal_transition' })
    await room.admin.approveCount(on(countId))
    const posted = await room.admin.postCount(on(countId))
    expect(posted.moveIds).toHaveLength(1)
    expect([await onHand(changed, here), await onHand(same, there)]).toEqual(['9', '9'])
    await clean()
  })
  it('is counted again only where it has changed; the rest stays as it was approved', async () => {
    const { changed, same, here, there, countId } = await approved('RE-B')
    await expect(lead().recountCount({ ...on(countId), body: {} })).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'nothing_changed' }] })
    await late(changed, here, '3')
    await expect(lead().recountCount({ ...on(countId), body: { locationIds: [there] } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/locationIds/0', code: 'not_changed' }] })
    const again = await lead().recountCount({ ...on(countId), body: {} })
    expect(again).toMatchObject({ status: 'recount', round: 2, openLocationIds: [here], approvedBy: null })
    expect(await sql(room.house.superuserUrl, "select payload->'locationIds' from bss.outbox_event where topic = 'count.planned' and aggregate_id = $1 and payload->>'round' = '2'", [countId])).toEqual([[JSON.stringify([here])]])
    await expect(record(countId, there, [{ itemId: same, quantity: '1' }])).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'counted_already' }] })
    expect(await record(countId, here, [{ itemId: changed, quantity: '12' }])).toMatchObject({ status: 'counted' })
    await lead().reviewCount(on(countId))
    await room.admin.approveCount(on(countId))
    await room.admin.postCount(on(countId))
    expect([await onHand(changed, here), await onHand(same, there)]).toEqual(['12', '9'])
    await clean()
  })
  it('a reviewed one is not approved as it was, and may be counted again; what is posted stays posted', async () => {
    const itemId = await room.item('RE-C')
    const place = await bin()
    await room.stock(itemId, place, '10')
    const countId = await plan([place], { toleranceQuantity: '5' })
    await record(countId, place, [{ itemId, quantity: '9' }])
    await lead().reviewCount(on(countId))
    await late(itemId, place, '1')
    await expect(room.admin.approveCount(on(countId))).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'changed_since_review' }] })
    await lead().recountCount({ ...on(countId), body: {} })
    await record(countId, place, [{ itemId, quantity: '11' }])
    await lead().reviewCount(on(countId))
    await room.admin.approveCount(on(countId))
    await room.admin.postCount(on(countId))
    for (const command of [() => lead().reviewCount(on(countId)), () => lead().recountCount({ ...on(countId), body: {} })]) await expect(command()).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await onHand(itemId, place)).toBe('11')
  })
  it('the database itself keeps an approval of which nothing has changed', async () => {
    const { countId } = await approved('RE-D')
    for (const status of ['reviewed', 'recount']) await expect(plant(room.house.superuserUrl, 'update bss.cycle_count set status = $2 where id = $1::uuid', [countId, status])).rejects.toThrow(/Nothing has changed/)
    await expect(plant(room.house.superuserUrl, "update bss.cycle_count set status = 'cancelled' where id = $1::uuid", [countId])).rejects.toThrow(/cannot become/)
  })
})

describe('what a difference is worth', () => {
  const finance = () => room.house.client(inventoryApi, 'finance')
  it('decides with the quantities whether it is tolerated, and is shown to nobody who may not see costs', async () => {
    const site = (await room.admin.createSite({ body: { code: 'WORTH', name: 'Worth', timeZone: 'UTC', currency: 'EUR' } })).id
    const [cheap, dear, unknown, foreign] = [await room.item('W-CHEAP'), await room.item('W-DEAR'), await room.item('W-UNKNOWN'), await room.item('W-FOREIGN')]
    const cost = (itemId: ItemId, unitCost: string, currency: 'EUR' | 'USD' = 'EUR', effectiveOn = '2026-01-01') => finance().setItemCost({ params: { itemId }, body: { effectiveOn, unitCost, currency } })
    await cost(cheap, '0.5')
    await cost(dear, '7', 'EUR', '2025-01-01')
    await cost(dear, '900')
    await cost(foreign, '0.5', 'USD')
    expect(await finance().getCountTolerance({ params: { siteId: site } })).toEqual({ siteId: site, worth: null })
    expect(await finance().setCountTolerance({ params: { siteId: site }, body: { worth: { amount: '10', currency: 'EUR' } } })).toEqual({ siteId: site, worth: { amount: '10.00', currency: 'EUR' } })

    const place = await bin(site)
    const items = [cheap, dear, unknown, foreign]
    for (const itemId of items) await room.admin.adjustStock({ body: { siteId: site, reason: 'opening', lines: [{ itemId, locationId: place, change: '100' }] } })
    const tolerated = async (found: string, more: { toleranceQuantity?: string } = {}) => {
      const countId = await plan([place], { siteId: site, ...more })
      const entries = items.map((itemId) => ({ itemId, quantity: found }))
      const told = [await record(countId, place, entries), ...(await room.admin.getCount(on(countId))).status === 'recount' ? [await record(countId, place, entries)] : []]
      const byItem = new Map((await differences(countId)).map((each) => [each.itemId, each.isTolerated]))
      const listed = await lead().listCountDifferences(on(countId))
      expect(JSON.stringify([told, listed])).not.toMatch(/worth|cost|amount|EUR/i)
      await room.admin.cancelCount(on(countId))
      return { round: told.length, tolerated: items.map((itemId) => byItem.get(itemId)) }
    }
    expect(await tolerated('100')).toEqual({ round: 1, tolerated: [true, true, true, true] })
    expect(await tolerated('80')).toEqual({ round: 2, tolerated: [true, false, false, false] })
    expect(await tolerated('79')).toEqual({ round: 2, tolerated: [false, false, false, false] })
    expect(await tolerated('80', { toleranceQuantity: '15' })).toEqual({ round: 2, tolerated: [false, false, false, false] })
    await finance().setCountTolerance({ params: { siteId: site }, body: { worth: { amount: '900', currency: 'EUR' } } })
    expect(await tolerated('99')).toEqual({ round: 2, tolerated: [true, true, false, false] })
    await finance().setCountTolerance({ params: { siteId: site }, body: { worth: null } })
    expect(await tolerated('99', { toleranceQuantity: '1' })).toEqual({ round: 1, tolerated: [true, true, true, true] })
  })
  it('is set by those who may write costs, for a site that is there, as an amount of its currency', async () => {
    const params = { siteId: room.siteId }
    const worth = { amount: '5', currency: 'EUR' } as const
    for (const role of ['warehouse_lead', 'planner', 'warehouse_operator'] as const) {
      await expect(room.house.client(inventoryApi, role).setCountTolerance({ params, body: { worth } })).rejects.toMatchObject({ status: 403 })
      await expect(room.house.client(inventoryApi, role).getCountTolerance({ params })).rejects.toMatchObject({ status: 403 })
    }
    await expect(finance().setCountTolerance({ params: { siteId: newId<'Site'>() }, body: { worth } })).rejects.toMatchObject({ status: 404 })
    await expect(room.house.client(inventoryApi, 'tenant_admin', room.house.globex).setCountTolerance({ params, body: { worth } })).rejects.toMatchObject({ status: 404 })
    for (const amount of ['-1', '1.001']) await expect(finance().setCountTolerance({ params, body: { worth: { amount, currency: 'EUR' } } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/worth/amount' }] })
    expect(await finance().getCountTolerance({ params })).toMatchObject({ worth: null })
  })
})

describe('what nobody knew', () => {
  it('a lot is found by the number on it, counted, and stock once it is posted', async () => {
    const itemId = await room.item('NEW-LOT', 'lot')
    const place = await bin()
    await room.stock(itemId, place, '5', { number: 'KNOWN', expiresOn: '2099-01-01' })
    const countId = await plan([place], { toleranceQuantity: '10' })
    const refused: readonly (readonly [CountRecord['entries'], string])[] = [
      [[{ itemId, quantity: '1', lot: { number: 'X' }, lotId: newId<'Lot'>() }], 'two_lots'], [[{ itemId, quantity: '1', lot: { number: 'KNOWN', expiresOn: '2098-01-01' } }], 'lot_date_differs'],
      [[{ itemId, quantity: '1', lot: { number: 'X' } }, { itemId, quantity: '2', lot: { number: 'X' } }], 'named_twice'], [[{ itemId: await room.item('NEW-PLAIN'), quantity: '1', lot: { number: 'X' } }], 'lot_not_tracked'],
    ]
    for (const [entries, code] of refused) await expect(record(countId, place, entries)).rejects.toMatchObject({ code: 'invalid', errors: [{ code }] })
    expect(await sql(room.house.superuserUrl, "select number from bss.lot where item_id = $1::uuid", [itemId])).toEqual([['KNOWN']])
    await record(countId, place, [{ itemId, quantity: '5', lot: { number: 'KNOWN' } }, { itemId, quantity: '3', lot: { number: 'FOUND', expiresOn: '2097-05-01' } }])
    expect(new Set((await differences(countId)).map(({ counted, difference }) => `${counted} ${difference}`))).toEqual(new Set(['3 3', '5 0']))
    await lead().reviewCount(on(countId))
    await room.admin.approveCount(on(countId))
    expect((await room.admin.postCount(on(countId))).moveIds).toHaveLength(1)
    expect(await sql(room.house.superuserUrl, 'select t.number, t.expires_on, trim_scale(b.on_hand)::text from bss.stock_balance b join bss.lot t on t.id = b.lot_id where b.location_id = $1::uuid order by 1', [place])).toEqual([['FOUND', '2097-05-01', '3'], ['KNOWN', '2099-01-01', '5']])
    await clean()
  })
  it('a serial number is found, too; one that the books have elsewhere is posted with the count that misses it there', async () => {
    const itemId = await room.item('NEW-SERIAL', 'serial')
    const [here, there] = [await bin(), await bin()]
    await room.stock(itemId, there, '1', { number: 'S-ELSEWHERE' })
    const whole = async (countId: CycleCountId) => {
      await lead().reviewCount(on(countId))
      await room.admin.approveCount(on(countId))
    }
    const first = await plan([here], { toleranceQuantity: '2' })
    await expect(record(first, here, [{ itemId, quantity: '2', lot: { number: 'S-NEW' } }])).rejects.toMatchObject({ errors: [{ code: 'serial_is_one' }] })
    await record(first, here, [{ itemId, quantity: '1', lot: { number: 'S-NEW' } }, { itemId, quantity: '1', lot: { number: 'S-ELSEWHERE' } }])
    await whole(first)
    await expect(room.admin.postCount(on(first))).rejects.toMatchObject({ code: 'conflict', detail: 'The serial number S-ELSEWHERE is in stock already.' })
    expect([await onHand(itemId, here), await onHand(itemId, there)]).toEqual(['0', '1'])
    const second = await plan([there], { toleranceQuantity: '2' })
    await record(second, there, [])
    await whole(second)
    await room.admin.postCount(on(second))
    await room.admin.postCount(on(first))
    expect([await onHand(itemId, here), await onHand(itemId, there)]).toEqual(['2', '0'])
    // In one count of both places it goes in one step.
    const both = await plan([here, there], { toleranceQuantity: '2' })
    await record(both, here, [{ itemId, quantity: '1', lot: { number: 'S-NEW' } }])
    await record(both, there, [{ itemId, quantity: '1', lot: { number: 'S-ELSEWHERE' } }])
    await whole(both)
    expect((await room.admin.postCount(on(both))).moveIds).toHaveLength(2)
    expect([await onHand(itemId, here), await onHand(itemId, there)]).toEqual(['1', '1'])
    await clean()
  })
})
