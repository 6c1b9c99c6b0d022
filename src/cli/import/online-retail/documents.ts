// An invoice of the file becomes a document of the product: an order, a correction of stock, or cancellations line by line.
import { inventoryApi } from '../../../domains/inventory/contract.ts'
import { ordersApi } from '../../../domains/orders/contract.ts'
import { ApiError, clientOf, type Sender } from '../../../kernel/client.ts'
import type { World } from '../../world.ts'
import type { Account } from '../account.ts'
import { Batches, type BulkResult } from '../batches.ts'
import { sendTo } from '../bulk.ts'
import type { Tally } from '../report.ts'
import type { Gathered } from './gather.ts'
import type { GoodsLine } from './load.ts'
import { REASONS } from './meaning.ts'
import { CURRENCY, SOURCE, type Stock } from './prepare.ts'

export interface Post {
  readonly add: (invoice: Gathered<GoodsLine>) => Promise<void>
  readonly end: () => Promise<void>
}
