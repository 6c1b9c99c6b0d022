// Customers, and what goods cost them.
import { ordersApi } from '../../domains/orders/contract.ts'
import { command, type Noun } from '../command.ts'

const ID = '0198d6a4-6f00-7000-8000-000000000003'

export const customers: Noun = {
  noun: 'customers',
  summary: 'who buys',
  commands: [
    command(ordersApi, 'list', 'listCustomers', { columns: ['code', 'name', 'country', 'status', 'id'], examples: [{ line: 'customers list --q C-10', says: 'Customers whose code begins so' }] }),
    command(ordersApi, 'get', 'getCustomer', { examples: [{ line: 'customers get C-1001', says: 'One customer' }] }),
    command(ordersApi, 'create', 'createCustomer', { examples: [{ line: 'customers create --code C-1001 --name "Harbour Pumps Ltd" --country GB', says: 'A new customer' }] }),
    command(ordersApi, 'update', 'updateCustomer', { examples: [{ line: 'customers update C-1001 --row-version 1 --status inactive', says: 'No more orders from them' }] }),
  ],
}

export const prices: Noun = {
  noun: 'prices',
  summary: 'price lists and prices',
  commands: [
    command(ordersApi, 'list', 'listPrices', { columns: ['sku', 'unitPrice', 'currency', 'validFrom', 'validUntil'], examples: [{ line: `prices list --price-list-id ${ID}`, says: 'What is on a list' }] }),
    command(ordersApi, 'lists', 'listPriceLists', { columns: ['code', 'name', 'currency', 'isDefault', 'id'], examples: [{ line: 'prices lists', says: 'All price lists' }] }),
    command(ordersApi, 'create-list', 'createPriceList', { examples: [{ line: 'prices create-list --code RETAIL --name "Retail 2026" --currency EUR --is-default', says: 'A new list' }] }),
    command(ordersApi, 'set', 'setPrice', { examples: [{ line: `prices set ${ID} --item-id PUMP-40 --unit-price 12.5 --valid-from 2026-01-01`, says: 'The price of an item on a list (list id), from a day on' }] }),
  ],
}
