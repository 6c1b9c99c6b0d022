import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { newId, type ItemId, type LocationId, type LotId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../contract.ts'
import { line, openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
beforeAll(async () => { room = await openStockroom() })
afterAll(() => room.close())

type Entry = { itemId: ItemId; quantity: string; lotId?: LotId; lot?: { number: string; expiresOn?: string } }
const lead = () => room.house.client(inventoryApi, 'warehouse_lead')
const worker = () => room.house.client(inventoryApi, 'warehouse_operator')
let bins = 0
const bin = async (): Promise<LocationId> => (await room.admin.createLocation({ params: { siteId: room.siteId }, body: { code: `CNT-${(bins += 1)}`, kind: 'storage', pickSequence: 100 + bins } })).id
const onHand = async (itemId: ItemId, locationId: LocationId): Promise<string> =>
  (await sql(room.house.superuserUrl, 'select coalesce(sum(trim_scale(on_hand)), 0)::text from bss.stock_balance where item_id = $1::uuid and location_id = $2::uuid', [itemId, locationId]))[0]?.[0] ?? ''
const plan = (locationIds: LocationId[], more: { toleranceQuantity?: string; tolerancePercent?: string; itemId?: ItemId } = {}) => room.admin.planCount({ body: { siteId: room.siteId, locationIds, ...more } })
const record = (client: ReturnType<typeof lead>, countId: Awaited<ReturnType<typeof plan>>['id'], locationId: LocationId, entries: Entry[], countedAt?: string) =>
  client.recordCount({ params: { countId }, body: { locationId, entries, ...(countedAt === undefined ? {} : { countedAt }) } })
const clean = async () => { expect(await room.admin.checkInvariants({})).toMatchObject({ holds: true }) }

describe('a cycle count', () => {
  it('goes from planned to posted, blind, counted again when it differs, approved by somebody else', async () => {
    const itemId = await room.item('CNT-A')
    const place = await bin()
    await room.stock(itemId, place, '10')
    const planned = await plan([place])
    expect(planned).toMatchObject({ status: 'planned', openLocationIds: [place], round: 1 })
    await expect(room.admin.listCountDifferences({ params: { countId: planned.id } })).rejects.toMatchObject({ code: 'illegal_transition' })
    const first = await record(worker(), planned.id, place, [{ itemId, quantity: '7' }])
    expect(first).toMatchObject({ status: 'recount', round: 2, openLocationIds: [place] })
    expect(JSON.stringify(first)).not.toContain('"10"')
    const second = await record(lead(), planned.id, place, [{ itemId, quantity: '8' }])
    expect(second).toMatchObject({ status: 'counted', openLocationIds: [] })
    expect(await lead().listCountDifferences({ params: { countId: planned.id } })).toMatchObject({ items: [{ itemId, counted: '8', expected: '10', difference: '-2', isTolerated: false, round: 2 }] })
    await expect(lead().approveCount({ params: { countId: planned.id } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await lead().reviewCount({ params: { countId: planned.id } })
    await expect(lead().approveCount({ params: { countId: planned.id } })).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'counter_is_approver' }] })
    await expect(worker().approveCount({ params: { countId: planned.id } })).rejects.toMatchObject({ status: 403 })
    await expect(room.admin.postCount({ params: { countId: planned.id } })).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await room.admin.approveCount({ params: { countId: planned.id } })).toMatchObject({ status: 'approved' })
    const posted = await room.admin.postCount({ params: { countId: planned.id } })
    expect(posted).toMatchObject({ count: { status: 'posted' } })
    expect(posted.moveIds).toHaveLength(1)
    expect(await onHand(itemId, place)).toBe('8')
    await expect(room.admin.postCount({ params: { countId: planned.id } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(room.admin.cancelCount({ params: { countId: planned.id } })).rejects.toMatchObject({ code: 'illegal_transition' })
    await clean()
  })
  it('within the tolerance needs no second count and no second person', async () => {
    const itemId = await room.item('CNT-B')
    const place = await bin()
    await room.stock(itemId, place, '200')
    const { id } = await plan([place], { toleranceQuantity: '1', tolerancePercent: '1' })
    expect(await record(lead(), id, place, [{ itemId, quantity: '198' }])).toMatchObject({ status: 'counted', round: 1 })
    await lead().reviewCount({ params: { countId: id } })
    await lead().approveCount({ params: { countId: id } })
    await lead().postCount({ params: { countId: id } })
    expect(await onHand(itemId, place)).toBe('198')
  })
  it('finds what is there and not in the books, misses what is left out, and asks for one item only when it is told to', async () => {
    const [gone, found] = [await room.item('CNT-C1'), await room.item('CNT-C2')]
    const place = await bin()
    await room.stock(gone, place, '5')
    const { id } = await plan([place], { toleranceQuantity: '100' })
    await record(worker(), id, place, [{ itemId: found, quantity: '3' }])
    const { items } = await lead().listCountDifferences({ params: { countId: id } })
    expect(new Map(items.map((each) => [each.itemId, each.difference]))).toEqual(new Map([[gone, '-5'], [found, '3']]))
    const only = await plan([place], { itemId: gone })
    await expect(record(worker(), only.id, place, [{ itemId: found, quantity: '3' }])).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'other_item', pointer: '/entries/0/itemId' }] })
    expect(await record(worker(), only.id, place, [{ itemId: gone, quantity: '5' }])).toMatchObject({ status: 'counted' })
  })
  it('what moved after the counting does not falsify it, and an overlapping count does not post it twice', async () => {
    const itemId = await room.item('CNT-D')
    const [place, other] = [await bin(), await bin()]
    await room.stock(itemId, place, '10')
    const first = await plan([place], { toleranceQuantity: '5' })
    const second = await plan([place], { toleranceQuantity: '5' })
    await record(worker(), first.id, place, [{ itemId, quantity: '9' }])
    await room.admin.transferStock({ body: { lines: [{ itemId, fromLocationId: place, toLocationId: other, quantity: '4' }] } })
    await record(worker(), second.id, place, [{ itemId, quantity: '5' }])
    for (const countId of [first.id, second.id]) {
      await lead().reviewCount({ params: { countId } })
    }
    await room.admin.approveCount({ params: { countId: first.id } })
    await room.admin.postCount({ params: { countId: first.id } })
    expect(await onHand(itemId, place)).toBe('5')
    expect((await lead().listCountDifferences({ params: { countId: second.id } })).items).toMatchObject([{ difference: '0' }])
    // What was reviewed is not the difference any more: it is looked at again, and there is nothing left to post.
    await expect(room.admin.approveCount({ params: { countId: second.id } })).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'changed_since_review' }] })
    await lead().reviewCount({ params: { countId: second.id } })
    await room.admin.approveCount({ params: { countId: second.id } })
    expect(await room.admin.postCount({ params: { countId: second.id } })).toMatchObject({ count: { status: 'posted' }, moveIds: [] })
    expect(await onHand(itemId, place)).toBe('5')
  })
  it('a loss takes the bin from the least urgent promise and breaks what the site cannot keep', async () => {
    const itemId = await room.item('CNT-E')
    const place = await bin()
    await room.stock(itemId, place, '10')
    const orderId = newId<'SalesOrder'>()
    await room.reserve({ orderId, siteId: room.siteId, lines: [line(itemId, '9')] })
    await room.allocate(orderId)
    const { id } = await plan([place], { toleranceQuantity: '10' })
    await record(worker(), id, place, [{ itemId, quantity: '6' }])
    await lead().reviewCount({ params: { countId: id } })
    await lead().approveCount({ params: { countId: id } })
    await lead().postCount({ params: { countId: id } })
    expect(await onHand(itemId, place)).toBe('6')
    expect(await sql(room.house.superuserUrl, "select kind, sum(trim_scale(quantity))::text from bss.reservation where item_id = $1::uuid and status = 'open' group by 1", [itemId])).toEqual([['hard', '6']])
    await clean()
  })
  it('bad input is refused with its code and changes nothing', async () => {
    const [plain, tracked] = [await room.item('CNT-F1'), await room.item('CNT-F2', 'lot')]
    const [place, other] = [await bin(), await bin()]
    const { id } = await plan([place])
    const refusals = [
      [[{ itemId: newId<'Item'>(), quantity: '1' }], 'unknown_item'], [[{ itemId: tracked, quantity: '1' }], 'lot_required'], [[{ itemId: plain, quantity: '1', lotId: newId<'Lot'>() }], 'lot_not_tracked'],
      [[{ itemId: plain, quantity: '1' }, { itemId: plain, quantity: '2' }], 'named_twice'],
    ] as const
    for (const [entries, code] of refusals) await expect(record(worker(), id, place, [...entries])).rejects.toMatchObject({ code: 'invalid', errors: [{ code }] })
    await expect(record(worker(), id, other, [])).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'not_in_count' }] })
    await expect(record(worker(), id, place, [{ itemId: plain, quantity: '-1' }])).rejects.toMatchObject({ status: 400 })
    await expect(plan([newId<'Location'>()])).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'unknown_location' }] })
    expect(await room.admin.getCount({ params: { countId: id } })).toMatchObject({ status: 'planned' })
    await record(worker(), id, place, [])
    await expect(record(worker(), id, place, [])).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(room.house.client(inventoryApi, 'tenant_admin', room.house.globex).getCount({ params: { countId: id } })).rejects.toMatchObject({ status: 404 })
    await expect(room.house.client(inventoryApi, 'planner').planCount({ body: { siteId: room.siteId, locationIds: [place] } })).rejects.toMatchObject({ status: 403 })
  })
  it('the database itself refuses a counter as approver and an arrow that does not exist', async () => {
    const itemId = await room.item('CNT-G')
    const place = await bin()
    const { id } = await plan([place])
    await record(worker(), id, place, [{ itemId, quantity: '4' }])
    await record(worker(), id, place, [{ itemId, quantity: '4' }])
    await lead().reviewCount({ params: { countId: id } })
    const [[counter] = []] = await sql(room.house.superuserUrl, 'select created_by::text from bss.cycle_count_entry where count_id = $1::uuid limit 1', [id])
    await expect(plant(room.house.superuserUrl, "update bss.cycle_count set status = 'approved', approved_by = $2::uuid where id = $1::uuid", [id, counter ?? null])).rejects.toThrow(/did not count/)
    await expect(plant(room.house.superuserUrl, "update bss.cycle_count set status = 'posted' where id = $1::uuid", [id])).rejects.toThrow(/cannot become/)
  })
  it('for any stock, any counts and any moves in between, the place holds afterwards what was counted and what came and went since', async () => {
    const amount = fc.integer({ min: 0, max: 50 })
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ before: fc.integer({ min: 1, max: 50 }), counted: amount, since: amount }), { minLength: 1, maxLength: 3 }), async (cases) => {
      const place = await bin()
      const items = await Promise.all(cases.map(() => room.item(`CNT-P-${newId()}`)))
      for (const [index, each] of cases.entries()) await room.stock(items[index] ?? newId(), place, String(each.before))
      const { id } = await plan([place], { toleranceQuantity: '1000' })
      await record(worker(), id, place, cases.flatMap((each, index) => (each.counted === 0 ? [] : [{ itemId: items[index] ?? newId(), quantity: String(each.counted) }])))
      for (const [index, each] of cases.entries()) if (each.since > 0) await room.stock(items[index] ?? newId(), place, String(each.since))
      await lead().reviewCount({ params: { countId: id } })
      await lead().approveCount({ params: { countId: id } })
      await lead().postCount({ params: { countId: id } })
      expect(await Promise.all(items.map((itemId) => onHand(itemId, place)))).toEqual(cases.map((each) => String(each.counted + each.since)))
    }), { numRuns: 8 })
    await clean()
  })
})
