// What purchase orders cost. Tables of their own under permissions of their own: who may not see costs has no statement that reads them.
import { parseDecimal } from '../../../kernel/decimal.ts'
import { newId, type PurchaseOrderId, type PurchaseOrderLineId } from '../../../kernel/ids.ts'
import { lineAmount, moneyOf, UNIT_PRICE_SCALE } from '../../../kernel/money.ts'
import { Problem } from '../../../kernel/problem.ts'
import { micros } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { PurchaseOrderMoney, PurchaseOrderMoneyDraft } from './contract.ts'
import { PURCHASE_ORDER_STATUSES } from './rules.ts'
import { getPurchaseOrder } from './store.ts'

const header = read('cost:read', 'select m.currency, m.amount_minor from bss.purchase_order_money m where m.organization_id = $1 and m.purchase_order_id = $2', { currency: column.currency, amountMinor: column.bigint })
const linesOf = read('cost:read', `
  select m.purchase_order_line_id, m.unit_price, m.amount_minor from bss.purchase_order_line_money m join bss.purchase_order_line l on l.organization_id = $1 and l.id = m.purchase_order_line_id
   where m.organization_id = $1 and m.purchase_order_id = $2 order by l.line_no`, { purchaseOrderLineId: column.id<PurchaseOrderLineId>(), unitPrice: column.decimal(10), amountMinor: column.bigint })
const lock = write('cost:write', 'select o.status from bss.purchase_order o where o.organization_id = $1 and o.id = $2 for no key update', { status: column.oneOf(PURCHASE_ORDER_STATUSES) })
const setHeader = write('cost:write', `
  insert into bss.purchase_order_money (organization_id, id, purchase_order_id, currency, amount_minor) values ($1, $2, $3, $4, $5::bigint)
  on conflict (organization_id, purchase_order_id) do update set currency = excluded.currency, amount_minor = excluded.amount_minor`, {})
const setLines = write('cost:write', `
  insert into bss.purchase_order_line_money (organization_id, id, purchase_order_id, purchase_order_line_id, unit_price, amount_minor)
  select $1, u.id, $2, u.line_id, u.price, u.amount from unnest($3::uuid[], $4::uuid[], $5::numeric[], $6::bigint[]) as u (id, line_id, price, amount)
  on conflict (organization_id, purchase_order_line_id) do update set unit_price = excluded.unit_price, amount_minor = excluded.amount_minor`, {})

export async function getPurchaseOrderMoney(tx: Tx<'read', 'purchasing:read' | 'cost:read'>, id: PurchaseOrderId): Promise<PurchaseOrderMoney> {
  const { currency, amountMinor } = await tx.one('purchase order with prices', header, [id])
  const lines = await tx.rows(linesOf, [id])
  return { purchaseOrderId: id, currency, amount: moneyOf(amountMinor, currency).amount, lines: lines.map(({ amountMinor: minor, ...rest }) => ({ ...rest, amount: moneyOf(minor, currency).amount })) }
}

/** All lines at once, so that the sum is never of some; only before the approval, which is also one of the price. */
export async function setPurchaseOrderMoney(tx: Tx<'write', 'purchasing:read' | 'cost:read' | 'cost:write'>, id: PurchaseOrderId, draft: PurchaseOrderMoneyDraft): Promise<PurchaseOrderMoney> {
  const { status } = await tx.one('purchase order', lock, [id])
  if (status !== 'draft' && status !== 'pending_approval') throw new Problem('illegal_transition', `The prices of an order that is ${status.replaceAll('_', ' ')} stand.`)
  const { lines } = await getPurchaseOrder(tx, id)
  const prices = new Map(draft.lines.map((each) => [each.purchaseOrderLineId, each.unitPrice] as const))
  const own = new Set<string>(lines.map((each) => each.id))
  const errors = draft.lines.flatMap((each, index) => (own.has(each.purchaseOrderLineId) ? [] : [{ pointer: `/lines/${index}/purchaseOrderLineId`, code: 'unknown_line', message: 'This order has no such line.' }]))
  if (errors.length > 0 || prices.size !== draft.lines.length || prices.size !== lines.length) {
    throw new Problem('invalid', 'Give the price of every line, once.', { errors: errors.length > 0 ? errors : [{ pointer: '/lines', code: 'every_line_once', message: 'Give the price of every line, once.' }] })
  }
  const amounts = lines.map((each) => lineAmount(micros(each.ordered), parseDecimal(prices.get(each.id) ?? '', UNIT_PRICE_SCALE) ?? 0n, draft.currency))
  await tx.rows(setHeader, [newId(), id, draft.currency, String(amounts.reduce((sum, each) => sum + each, 0n))])
  await tx.rows(setLines, [id, lines.map(() => newId()), lines.map((each) => each.id), lines.map((each) => prices.get(each.id) ?? '0'), amounts.map(String)])
  tx.changed({ entity: 'purchase_order_money', id, action: 'set' })
  return getPurchaseOrderMoney(tx, id)
}
