import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../../test/setup/sql.ts'
import { newId, type ItemId } from '../../../kernel/ids.ts'
import { inventoryApi } from '../contract.ts'
import type { PurchaseOrder } from '../purchasing/contract.ts'
import { PURCHASE_ORDER_ARROWS, PURCHASE_ORDER_STATUSES } from '../purchasing/rules.ts'
import { openStockroom, type Stockroom } from './stockroom.ts'

let room: Stockroom
let itemId: ItemId
let supplierId: PurchaseOrder['supplierId']
const planner = () => room.house.client(inventoryApi, 'planner')
const finance = () => room.house.client(inventoryApi, 'finance')
beforeAll(async () => {
  room = await openStockroom()
  itemId = await room.item('BUY-A')
  supplierId = (await room.admin.createSupplier({ body: { code: 'ACME', name: 'Acme Pottery', overPercent: '10', underPercent: '5' } })).id
})
afterAll(() => room.close())

const draft = (quantity = '100') => planner().createPurchaseOrder({ body: { supplierId, siteId: room.siteId, expectedOn: '2035-01-15', lines: [{ itemId, quantity }] } })
const path = (order: PurchaseOrder) => ({ params: { purchaseOrderId: order.id } })
const lineOf = (order: PurchaseOrder) => order.lines[0]?.id ?? newId<'PurchaseOrderLine'>()

describe('a purchase order', () => {
  it('takes the tolerances of its supplier and is approved by another person before it is sent', async () => {
    const order = await draft()
    expect(order).toMatchObject({ status: 'draft', lines: [{ ordered: '100', received: '0', overPercent: '10', underPercent: '5', status: 'draft' }] })
    await expect(planner().approvePurchaseOrder(path(order))).rejects.toMatchObject({ code: 'illegal_transition' })
    await planner().submitPurchaseOrder(path(order))
    await expect(planner().approvePurchaseOrder(path(order))).rejects.toMatchObject({ code: 'conflict' })
    await expect(room.house.client(inventoryApi, 'warehouse_operator').approvePurchaseOrder(path(order))).rejects.toMatchObject({ status: 403 })
    expect(await room.admin.approvePurchaseOrder(path(order))).toMatchObject({ status: 'approved', lines: [{ status: 'open' }] })
    await planner().sendPurchaseOrder(path(order))
    expect(await planner().acknowledgePurchaseOrder(path(order))).toMatchObject({ status: 'acknowledged' })
    await expect(planner().finishPurchaseOrder(path(order))).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await planner().cancelPurchaseOrder({ ...path(order), body: { reason: 'Not needed' } })).toMatchObject({ status: 'cancelled', statusReason: 'Not needed', lines: [{ status: 'cancelled' }] })
  })
  it('who submitted does not approve either, whoever drafted', async () => {
    const order = await draft()
    await room.admin.submitPurchaseOrder(path(order))
    await expect(room.admin.approvePurchaseOrder(path(order))).rejects.toMatchObject({ code: 'conflict' })
  })
  it('counts as supply from its approval to its cancellation', async () => {
    const own = await room.item('BUY-SUPPLY')
    const order = await planner().createPurchaseOrder({ body: { supplierId, siteId: room.siteId, expectedOn: '2035-02-01', lines: [{ itemId: own, quantity: '7' }] } })
    const expected = async () => (await sql(room.house.superuserUrl, "select count(*)::text from bss.purchase_order_line where item_id = $1 and status = 'open'", [own]))[0]?.[0]
    expect(await expected()).toBe('0')
    await planner().submitPurchaseOrder(path(order))
    await room.admin.approvePurchaseOrder(path(order))
    expect(await expected()).toBe('1')
    await planner().cancelPurchaseOrder({ ...path(order), body: { reason: 'Not needed' } })
    expect(await expected()).toBe('0')
  })
  it('changes freely as a draft, and only shrinks once approved', async () => {
    const order = await draft()
    const amend = (quantity: string) => planner().amendPurchaseOrder({ ...path(order), body: { lines: [{ purchaseOrderLineId: lineOf(order), quantity }] } })
    expect(await amend('120')).toMatchObject({ lines: [{ ordered: '120' }] })
    await planner().submitPurchaseOrder(path(order))
    await expect(amend('130')).rejects.toMatchObject({ code: 'illegal_transition' })
    await room.admin.approvePurchaseOrder(path(order))
    await expect(amend('130')).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'more_than_approved', pointer: '/lines/0/quantity' }] })
    expect(await amend('90')).toMatchObject({ lines: [{ ordered: '90' }] })
  })
  it('keeps its money in a document of its own, complete, and only before the approval', async () => {
    const order = await draft('3')
    const priced = { ...path(order), body: { currency: 'EUR' as const, lines: [{ purchaseOrderLineId: lineOf(order), unitPrice: '2.455' }] } }
    await expect(planner().setPurchaseOrderMoney(priced)).rejects.toMatchObject({ status: 403 })
    await expect(finance().setPurchaseOrderMoney({ ...path(order), body: { currency: 'EUR', lines: [{ purchaseOrderLineId: newId(), unitPrice: '1' }] } })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'unknown_line' }] })
    expect(await finance().setPurchaseOrderMoney(priced)).toMatchObject({ currency: 'EUR', amount: '7.37', lines: [{ unitPrice: '2.455', amount: '7.37' }] })
    await expect(planner().getPurchaseOrderMoney(path(order))).rejects.toMatchObject({ status: 403 })
    expect(JSON.stringify(await planner().getPurchaseOrder(path(order)))).not.toContain('2.455')
    await planner().submitPurchaseOrder(path(order))
    await room.admin.approvePurchaseOrder(path(order))
    await expect(finance().setPurchaseOrderMoney(priced)).rejects.toMatchObject({ code: 'illegal_transition' })
  })
  it('refuses what does not exist, and is foreign to others', async () => {
    const body = { supplierId, siteId: room.siteId, expectedOn: '2035-01-15', lines: [{ itemId, quantity: '1' }] }
    await expect(planner().createPurchaseOrder({ body: { ...body, supplierId: newId() } })).rejects.toMatchObject({ code: 'invalid', errors: [{ code: 'unknown_supplier' }] })
    await expect(planner().createPurchaseOrder({ body: { ...body, lines: [{ itemId: newId(), quantity: '1' }] } })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/lines/0/itemId', code: 'unknown_item' }] })
    await expect(planner().createPurchaseOrder({ body: { ...body, siteId: newId() } })).rejects.toMatchObject({ code: 'invalid' })
    const order = await draft()
    await expect(room.house.client(inventoryApi, 'planner', room.house.globex).getPurchaseOrder(path(order))).rejects.toMatchObject({ code: 'not_found' })
  })
  it('comes in bulk, once by its reference', async () => {
    const line = (ref: string, sku: string, quantity: string) => ({ external: { source: 'erp', ref }, supplierCode: 'ACME', siteCode: 'HAM', expectedOn: '2035-01-15', lines: [{ sku, quantity }] })
    const answers = async (...lines: ReturnType<typeof line>[]) => {
      const out: unknown[] = []
      for await (const each of planner().createPurchaseOrders({ lines })) out.push(each)
      return out
    }
    expect(await answers(line('1', 'BUY-A', '5.50'), line('2', 'NONE', '1'), line('1', 'BUY-A', '5.5'))).toMatchObject([
      { outcome: 'created' }, { outcome: 'refused', code: 'unknown_item', pointer: '/lines/0/sku' }, { outcome: 'unchanged' },
    ])
    expect(await answers(line('1', 'BUY-A', '6'))).toMatchObject([{ outcome: 'refused', code: 'external_taken' }])
  })
  it('the database knows the same arrows as the rules', async () => {
    const arrows: string[] = []
    for (const from of PURCHASE_ORDER_STATUSES) {
      const to = await sql(room.house.superuserUrl, "select status from unnest($2::text[]) as status where position(quote_literal(status) in (regexp_match(pg_get_functiondef('bss.purchase_order_follows_its_states'::regproc), 'when ''' || $1 || ''' then ([^\\n]*)'))[1]) > 0", [from, `{${PURCHASE_ORDER_STATUSES.join(',')}}`])
      arrows.push(...to.map(([status]) => `${from} ${status ?? ''}`))
    }
    expect(arrows.toSorted((a, b) => a.localeCompare(b))).toEqual(PURCHASE_ORDER_STATUSES.flatMap((from) => PURCHASE_ORDER_ARROWS[from].map((to) => `${from} ${to}`)).toSorted((a, b) => a.localeCompare(b)))
  })
})
