// The face of tasks for the rooms above and for the composition of the service.
import type { SiteId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { comingTo } from './coming.ts'

export { tasksHandlers } from './handlers.ts'
export { taskReactions } from './reactions.ts'
export { taskChores } from './chores.ts'

const coming = comingTo('tasks:work')
/** Goods that open tasks will put into places of a site: whoever offers room there counts them. */
export const goodsOnTheWay = (tx: Tx<'write', never>, siteId: SiteId) => tx.lend('tasks:work').rows(coming, [siteId])
