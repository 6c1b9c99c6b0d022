// Orders: customers, prices, and sales orders from the draft to the release. It refuses to promise stock that is not there, arrows that
// the states do not have, and to show money to whoever may not see it: prices are documents of their own.
import { defineApi } from '../../kernel/contract.ts'
import { bookApi } from './book/contract.ts'
import { cancellationsApi } from './cancellations/contract.ts'
import { changesApi } from './changes/contract.ts'
import { customersApi } from './customers/contract.ts'
import { holdsApi } from './holds/contract.ts'
import { placementsApi } from './placements/contract.ts'
import { pricesApi } from './prices/contract.ts'
import { returnsApi } from './returns/contract.ts'

export { ORDER_LINES_MAX } from './document/contract.ts'

export const ordersApi = defineApi({ ...placementsApi, ...bookApi, ...changesApi, ...holdsApi, ...cancellationsApi, ...customersApi, ...pricesApi, ...returnsApi })
