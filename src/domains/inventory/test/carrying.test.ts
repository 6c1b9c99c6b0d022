// Promised goods carried, issued, given up: bss.carry_reserved, issue_reserved, loosen_reserved, release_picked.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { idOf, newId, type ItemId, type LocationId, type OrderId, type ReservationId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { line, openStockroom, type Stockroom } from './stockroom.ts'

const moved = { entry: column.int, reservationId: column.id<ReservationId>(), quantity: column.quantity }
const carryStatement = write('inventory:write', `select r.entry, r.reservation_id, r.quantity
  from bss.carry_reserved($1, $2::uuid[], $3::numeric[], $4::uuid[], 'task', 'pick', $5, $6::uuid[], $7::uuid[], $8::timestamptz[]) r`, moved)
const issueStatement = write('inventory:write', `select r.entry, r.reservation_id, r.quantity from bss.issue_reserved($1, $2::uuid[], 'shipment', 'ship', $3, $4::uuid[], $5::uuid[], now()) r`, moved)
const given = { reservationId: column.id<ReservationId>(), quantity: column.quantity }
const loosenStatement = write('inventory:write', 'select r.reservation_id, r.quantity from bss.loosen_reserved($1, $2::uuid[], $3::numeric[]) r', given)
const freeStatement = write('inventory:write', 'select r.reservation_id, r.quantity from bss.release_picked($1, $2::uuid[], $3::numeric[]) r', given)

let room: Stockroom
let pack: LocationId
beforeAll(async () => {
  room = await openStockroom()
  pack = (await room.admin.createLocation({ params: { siteId: room.siteId }, body: { code: 'PACK', kind: 'pack' } })).id
}, 120_000)
afterAll(() => room.close())

const ctx = () => contextOf(room.house.acme.id, 'tenant_admin').need('inventory:write')
const carry = (ids: readonly ReservationId[], quantities: readonly string[], to: readonly LocationId[], key: string = newId()) =>
  room.house.database.write(ctx(), (tx) => tx.rows(carryStatement, [ids, quantities, to, key, ids.map(() => newId()), ids.map(() => newId()), ids.map(() => new Date().toISOString())]))
const issue = (ids: readonly ReservationId[]) => room.house.database.write(ctx(), (tx) => tx.rows(issueStatement, [ids, newId(), ids.map(() => newId()), ids.map(() => newId())]))

/** An order of so much of an item, promised by bin. */
async function promised(itemId: ItemId, ...quantities: string[]): Promise<{ readonly orderId: OrderId; readonly ids: readonly ReservationId[] }> {
  const orderId = newId<'SalesOrder'>()
  await room.reserve({ orderId, siteId: room.siteId, lines: quantities.map((quantity) => line(itemId, quantity)) })
  await room.allocate(orderId)
  const rows = await sql(room.house.superuserUrl, "select id from bss.reservation where order_id = $1 and kind = 'hard' order by quantity desc, id", [orderId])
  return { orderId, ids: rows.map(([id]) => idOf<'Reservation'>(id ?? '')) }
}
const levels = async (itemId: ItemId) => (await sql(room.house.superuserUrl, 'select trim_scale(on_hand)::text, trim_scale(reserved)::text from bss.stock_level where item_id = $1', [itemId]))[0]
const at = async (itemId: ItemId, locationId: LocationId) =>
  (await sql(room.house.superuserUrl, 'select trim_scale(sum(on_hand))::text, trim_scale(sum(allocated))::text from bss.stock_balance where item_id = $1 and location_id = $2', [itemId, locationId]))[0]
const holds = async () => {
  await room.settle()
  return (await room.admin.checkInvariants()).rules.filter((rule) => !rule.holds)
}

describe('goods with a promise', () => {
  it('are picked whole and in part, carried on, and issued; the promise goes with them', async () => {
    const item = await room.item('CARRY')
    await room.stock(item, room.bins.a, '10')
    const { ids } = await promised(item, '4', '3')
    const [four, three] = ids
    if (four === undefined || three === undefined) throw new Error('Nothing was promised.')
    const picked = await carry([four, three], ['4', '1'], [pack, pack])
    expect(picked.map(({ entry, quantity }) => [entry, quantity])).toEqual([[1, '4'], [2, '1']])
    expect(picked[0]?.reservationId).toBe(four)
    expect(picked[1]?.reservationId).not.toBe(three)
    expect(await at(item, pack)).toEqual(['5', '5'])
    expect(await at(item, room.bins.a)).toEqual(['5', '2'])
    expect(await levels(item)).toEqual(['10', '7'])
    await expect(issue([three])).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/entries/0/reservation', code: 'not_picked' }] })
    await carry(picked.map(({ reservationId }) => reservationId), ['4', '1'], [room.bins.dock, room.bins.dock])
    expect((await issue(picked.map(({ reservationId }) => reservationId))).map(({ quantity }) => quantity)).toEqual(['4', '1'])
    expect(await levels(item)).toEqual(['5', '2'])
    await expect(issue([four])).rejects.toMatchObject({ code: 'conflict', errors: [{ code: 'no_promise' }] })
    expect(await holds()).toEqual([])
  })

  it('are refused entry by entry: too much, twice, a wrong place, a place they are in, a lot out of use', async () => {
    const item = await room.item('REFUSE', 'lot')
    await room.stock(item, room.bins.a, '10', { number: 'R1', expiresOn: '2099-01-01' })
    const { ids } = await promised(item, '4', '3')
    const [four, three] = ids
    if (four === undefined || three === undefined) throw new Error('Nothing was promised.')
    await expect(carry([four, three], ['5', '1'], [pack, room.bins.quarantine])).rejects.toMatchObject({
      code: 'conflict', errors: [{ pointer: '/entries/0/quantity', code: 'too_much' }, { pointer: '/entries/1/toLocation', code: 'wrong_location' }],
    })
    await expect(carry([four, four], ['1', '1'], [pack, pack])).rejects.toMatchObject({ errors: [{ code: 'named_twice' }, { code: 'named_twice' }] })
    await expect(carry([four], ['1'], [room.bins.a])).rejects.toMatchObject({ errors: [{ code: 'same_location' }] })
    await expect(carry([newId<'Reservation'>()], ['1'], [pack])).rejects.toMatchObject({ errors: [{ code: 'no_promise' }] })
    await sql(room.house.superuserUrl, "update bss.lot set expires_on = '2020-01-01' where number = 'R1'")
    await expect(carry([four], ['1'], [pack])).rejects.toMatchObject({ errors: [{ code: 'lot_expired' }] })
    await sql(room.house.superuserUrl, "update bss.lot set expires_on = '2099-01-01' where number = 'R1'")
    expect(await at(item, pack)).toEqual([null, null])
    expect(await holds()).toEqual([])
  })

  it('that were not found become soft again, in part or whole, and can be given another bin', async () => {
    const item = await room.item('SHORT')
    await room.stock(item, room.bins.a, '5')
    await room.stock(item, room.bins.b, '5')
    const { orderId, ids } = await promised(item, '4')
    const lost = await room.house.database.write(ctx(), (tx) => tx.rows(loosenStatement, [ids, ['3']]))
    expect(lost.map(({ quantity }) => quantity)).toEqual(['3'])
    expect(await levels(item)).toEqual(['10', '4'])
    expect(await room.allocate(orderId)).toEqual([])
    await expect(room.house.database.write(ctx(), (tx) => tx.rows(loosenStatement, [ids, ['2']]))).rejects.toMatchObject({ code: 'conflict' })
    expect(await holds()).toEqual([])
  })

  it('that will not be shipped are free where they lie', async () => {
    const item = await room.item('FREED')
    await room.stock(item, room.bins.a, '5')
    const { ids } = await promised(item, '4')
    await expect(room.house.database.write(ctx(), (tx) => tx.rows(freeStatement, [ids, ['1']]))).rejects.toMatchObject({ code: 'conflict' })
    await carry(ids, ['4'], [pack])
    await room.house.database.write(ctx(), (tx) => tx.rows(freeStatement, [ids, ['1']]))
    expect(await at(item, pack)).toEqual(['4', '3'])
    expect(await levels(item)).toEqual(['5', '3'])
    await room.house.database.write(ctx(), (tx) => tx.rows(freeStatement, [ids, ['3']]))
    expect(await at(item, pack)).toEqual(['4', '0'])
    expect(await holds()).toEqual([])
  })

  it('are carried by two at once exactly once', async () => {
    const item = await room.item('TWICE')
    await room.stock(item, room.bins.a, '5')
    const { ids } = await promised(item, '5')
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => carry(ids, ['5'], [pack])))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await at(item, pack)).toEqual(['5', '5'])
    expect(await holds()).toEqual([])
  })
})
