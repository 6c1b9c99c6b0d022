// Orders, from the list to the release.
import { ordersApi } from '../../domains/orders/contract.ts'
import { command, type ListOption, type Noun } from '../command.ts'

const OTHER = '0198d6a4-6f00-7000-8000-000000000002'
const LINE: ListOption = { flag: 'line', property: 'lines', fields: ['sku', 'quantity'] }
const PRICED_LINE: ListOption = { flag: 'line', property: 'lines', fields: ['sku', 'quantity', 'unitPrice'] }
const SUMMARY = ['number', 'status', 'customerCode', 'customerName', 'siteCode', 'orderedAt', 'requestedOn', 'lineCount', 'isBackordered', 'isHeld', 'id']

export const orders: Noun = {
  noun: 'orders',
  summary: 'sales orders',
  commands: [
    command(ordersApi, 'list', 'listOrders', {
      columns: SUMMARY,
      examples: [{ line: 'orders list --status confirmed --sort -orderedAt --limit 20', says: 'The newest confirmed orders' }, { line: 'orders list --is-backordered --all --json', says: 'Everything that waits for stock' }],
    }),
    command(ordersApi, 'get', 'getOrder', { examples: [{ line: 'orders get SO-000042', says: 'One order with its lines' }] }),
    command(ordersApi, 'place', 'placeOrder', { lists: [LINE], examples: [{ line: 'orders place --customer-id C-1001 --site-id HAM --line PUMP-40=2 --line SEAL-40=8', says: 'Confirmed at once, its stock reserved' }] }),
    command(ordersApi, 'place-priced', 'placePricedOrder', { lists: [PRICED_LINE], examples: [{ line: 'orders place-priced --customer-id C-1001 --site-id HAM --currency EUR --line PUMP-40=2=129.50', says: 'At prices of its own' }] }),
    command(ordersApi, 'draft', 'createOrder', { lists: [LINE], examples: [{ line: 'orders draft --customer-id C-1001 --site-id HAM --line PUMP-40=2', says: 'Written down, nothing promised' }] }),
    command(ordersApi, 'submit', 'submitOrder', { examples: [{ line: 'orders submit SO-000042', says: 'A draft is ready' }] }),
    command(ordersApi, 'confirm', 'confirmOrder', { examples: [{ line: 'orders confirm SO-000042', says: 'Promise it' }] }),
    command(ordersApi, 'allocate', 'allocateOrder', { examples: [{ line: 'orders allocate SO-000042', says: 'Reserve what it still waits for' }] }),
    command(ordersApi, 'release', 'releaseOrder', { examples: [{ line: 'orders release SO-000042', says: 'Let the warehouse begin' }] }),
    command(ordersApi, 'hold', 'holdOrder', { examples: [{ line: 'orders hold SO-000042 --kind credit --reason "Over the credit limit"', says: 'Nothing leaves until somebody lets it go' }] }),
    command(ordersApi, 'holds', 'listOrderHolds', { columns: ['kind', 'reason', 'createdAt', 'releasedAt', 'lineId', 'id'], examples: [{ line: 'orders holds SO-000042', says: 'What holds it' }] }),
    command(ordersApi, 'unhold', 'unholdOrder', { examples: [{ line: `orders unhold SO-000042 ${OTHER} --reason Paid`, says: 'Let it go (order, hold)' }] }),
    command(ordersApi, 'cancel', 'cancelOrder', { examples: [{ line: 'orders cancel SO-000042 --reason "Ordered twice"', says: 'Whatever has not been picked' }] }),
    command(ordersApi, 'cancel-line', 'cancelOrderLine', { examples: [{ line: `orders cancel-line SO-000042 ${OTHER} --quantity 2`, says: 'A part of one line (order, line)' }] }),
    command(ordersApi, 'amend', 'amendOrder', {
      lists: [{ flag: 'add-line', property: 'addLines', fields: ['sku', 'quantity'] }],
      examples: [{ line: 'orders amend SO-000042 --row-version 3 --requested-on 2026-12-15 --add-line SEAL-40=4', says: 'Later, and four seals more' }],
    }),
    command(ordersApi, 'timeline', 'getOrderTimeline', { columns: ['at', 'kind', 'actorName', 'details'], examples: [{ line: 'orders timeline SO-000042', says: 'What happened to it, and who did it' }] }),
    command(ordersApi, 'money', 'getOrderMoney', { examples: [{ line: 'orders money SO-000042', says: 'Prices and amounts, for those who may see them' }] }),
  ],
}
