// Random sequences of what happens at the door, against a tiny model; the rules are read after each.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../../../../test/setup/sql.ts'
import { ApiError } from '../../../kernel/client.ts'
import { idOf, newId, type ItemId, type LocationId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../contract.ts'
import type { PurchaseOrder } from '../purchasing/contract.ts'
import { openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
let supplierId: PurchaseOrder['supplierId']
let gate: LocationId
beforeAll(async () => {
  room = await openStockroom()
  gate = (await room.admin.createLocation({ params: { siteId: room.siteId }, body: { code: 'RCV', kind: 'receive' } })).id
  supplierId = (await room.admin.createSupplier({ body: { code: 'ACME', name: 'Acme Pottery', overPercent: '10', underPercent: '5' } })).id
})
afterAll(() => room.close())
const planner = () => room.house.client(inventoryApi, 'planner')

type Step =
  | { readonly do: 'receive'; readonly quantity: number; readonly rejected: number; readonly isComplete: boolean; readonly nth: number }
  | { readonly do: 'blind' | 'putAway'; readonly quantity: number }
  | { readonly do: 'decide'; readonly nth: number; readonly rejects: number; readonly disposition: 'scrap' | 'return_to_vendor' | 'quarantine' }
  | { readonly do: 'reverse'; readonly nth: number }
const few = fc.integer({ min: 1, max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('receive' as const), quantity: few, rejected: fc.nat(2), isComplete: fc.integer({ min: 0, max: 5 }).map((n) => n === 0), nth: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('blind' as const, 'putAway' as const), quantity: few }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decide' as const), nth: fc.nat(2), rejects: fc.nat(9), disposition: fc.constantFrom('scrap' as const, 'return_to_vendor' as const, 'quarantine' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reverse' as const), nth: fc.nat(6) }) },
)
interface Run {
  readonly itemId: ItemId
  readonly order: PurchaseOrder
  /** All that is at the site by what was answered. */
  onHand: number
}

async function take(run: Run, one: Step): Promise<void> {
  const { itemId, order } = run
  switch (one.do) {
    case 'receive': {
      const line = order.lines[one.nth]
      if (line === undefined) return
      await room.admin.receivePurchaseOrder({ params: { purchaseOrderId: order.id }, body: { locationId: gate, isComplete: one.isComplete, lines: [{
        purchaseOrderLineId: line.id, quantity: String(one.quantity), ...(one.rejected === 0 ? {} : { rejected: String(one.rejected), rejectReason: 'damaged' as const }),
      }] } })
      run.onHand += one.quantity
      return
    }
    case 'blind':
      await room.admin.receiveStock({ body: { siteId: room.siteId, lines: [{ itemId, locationId: gate, quantity: String(one.quantity) }] } })
      run.onHand += one.quantity
      return
    case 'putAway':
      await room.admin.transferStock({ body: { lines: [{ itemId, fromLocationId: gate, toLocationId: room.bins.b, quantity: String(one.quantity) }] } })
      return
    case 'decide': {
      const [found] = await ask(room.house.superuserUrl, "select id, trim_scale(quantity)::text from bss.inspection where item_id = $1 and status = 'open' order by id offset $2 limit 1", [itemId, one.nth])
      if (found === undefined) return
      const quantity = Number(found[1])
      const rejected = Math.min(one.rejects, quantity)
      await room.admin.decideInspection({ params: { inspectionId: idOf<'Inspection'>(found[0] ?? '') }, body: {
        accepted: String(quantity - rejected), rejected: String(rejected), ...(rejected === 0 ? {} : { disposition: one.disposition, reason: 'Broken' }),
      } })
      if (one.disposition !== 'quarantine') run.onHand -= rejected
      return
    }
    case 'reverse': {
      const [move] = await ask(room.house.superuserUrl, "select id, trim_scale(quantity)::text from bss.stock_move where item_id = $1 and document_kind = 'receipt' and reverses_id is null order by id offset $2 limit 1", [itemId, one.nth])
      if (move === undefined) return
      await room.admin.reverseMove({ params: { moveId: idOf<'StockMove'>(move[0] ?? '') }, body: { reason: 'Booked twice' } })
      run.onHand -= Number(move[1])
    }
  }
}

/** What must hold after each step, read where it is written. */
const rules = (itemId: ItemId) => ask(room.house.superuserUrl, `
  select 'over tolerance ' || l.id from bss.purchase_order_line l where l.item_id = $1 and l.received + case l.status when 'open' then greatest(0, l.ordered - l.received) else 0 end > l.ordered * (100 + l.over_percent) / 100
  union all select 'order and receipts differ ' || l.id from bss.purchase_order_line l where l.item_id = $1
     and (l.received, l.rejected) <> (select coalesce(sum(r.received), 0), coalesce(sum(r.rejected), 0) from bss.receipt_line r where r.purchase_order_line_id = l.id)
  union all select 'receipts and moves differ' where (select coalesce(sum(r.received), 0) from bss.receipt_line r where r.item_id = $1)
     <> (select coalesce(sum(case when m.reverses_id is null then m.quantity else -m.quantity end), 0) from bss.stock_move m where m.item_id = $1 and m.document_kind = 'receipt')
  union all select 'quarantine is not what waits' where (select coalesce(sum(b.on_hand), 0) from bss.stock_balance b join bss.location o on o.id = b.location_id where b.item_id = $1 and o.kind = 'quarantine')
     <> (select coalesce(sum(case n.status when 'open' then n.quantity else case n.disposition when 'quarantine' then n.rejected else 0 end end), 0) from bss.inspection n where n.item_id = $1)
  union all select 'pickable while it waits' from bss.stock_level s where s.item_id = $1 and s.unavailable < (select coalesce(sum(n.quantity), 0) from bss.inspection n where n.item_id = $1 and n.status = 'open')
  union all select 'received with an open line ' || o.id from bss.purchase_order o join bss.purchase_order_line l on l.purchase_order_id = o.id where l.item_id = $1 and o.status = 'received' and l.status = 'open'`, [itemId])

describe('any sequence of receiving, refusing, inspecting, putting away and reversing', () => {
  it('stays within the tolerances, keeps what waits for an inspection away from picks, and adds up', async () => {
    let [refused, done] = [0, 0]
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 20 }), async (steps) => {
        const itemId = await room.item(`IN-${newId()}`)
        await room.admin.setInspectionPlan({ body: { itemId, kind: 'every', everyNth: 2 } })
        const { id } = await planner().createPurchaseOrder({ body: { supplierId, siteId: room.siteId, expectedOn: '2035-01-15', lines: [{ itemId, quantity: '20' }, { itemId, quantity: '11' }] } })
        const path = { params: { purchaseOrderId: id } }
        await planner().submitPurchaseOrder(path)
        await room.admin.approvePurchaseOrder(path)
        const run: Run = { itemId, order: await room.admin.sendPurchaseOrder(path), onHand: 0 }
        for (const one of steps) {
          try {
            await take(run, one)
            done += 1
          } catch (error) {
            if (!(error instanceof ApiError) || error.status >= 500 || !['conflict', 'insufficient_stock', 'invalid', 'illegal_transition'].includes(error.code)) throw error
            refused += 1
          }
          expect(await rules(itemId)).toEqual([])
          expect(await ask(room.house.superuserUrl, 'select coalesce(sum(on_hand), 0)::float8::text from bss.stock_level where item_id = $1', [itemId])).toEqual([[String(run.onHand)]])
        }
        await room.settle()
        expect((await room.admin.checkInvariants()).rules.filter((rule) => !rule.holds)).toEqual([])
      }),
      { numRuns: 12, seed: 20_261_125 },
    )
    // A sequence in which nothing was refused, or everything, would have proven little.
    expect(Math.min(refused, done)).toBeGreaterThan(10)
  }, 300_000)
})
