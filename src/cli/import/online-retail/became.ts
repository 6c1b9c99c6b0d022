// What became of the order lines of a history: read back from the server at the end, so that the report says what is, not what was meant.
import { ordersApi } from '../../../domains/orders/contract.ts'
import { clientOf, type ResultOf, type Sender } from '../../../kernel/client.ts'
import { CliError, EXIT } from '../../exit.ts'
import { progressOf } from '../../progress.ts'
import { stopIfAsked, type World } from '../../world.ts'
import type { Tally } from '../report.ts'
import { SOURCE } from './prepare.ts'

type ExportedOrder = NonNullable<(ResultOf<typeof ordersApi.exportOrders> extends AsyncIterable<infer L> ? L : never)['order']>
type ExportedLine = ExportedOrder['lines'][number]

/** One word for where a line has come to. */
export function becameOfLine(line: Pick<ExportedLine, 'status' | 'shipped' | 'delivered' | 'returned' | 'backordered'>): string {
  if (line.status === 'cancelled') return 'cancelled'
  if (line.returned !== '0') return line.returned === line.shipped ? 'returned' : 'partly returned'
  if (line.shipped !== '0') return line.status === 'delivered' || line.status === 'closed' ? 'delivered' : line.status === 'shipped' ? 'shipped' : 'partly shipped'
  return line.backordered === '0' ? 'in the warehouse' : 'waiting for stock'
}

/** Counts every line of every order of the history by what became of it. */
export async function becameOf(world: World, sender: Sender, tally: Tally): Promise<void> {
  const orders = clientOf(ordersApi, sender)
  const progress = progressOf(world, 'Reading back', 'orders', null)
  let read = 0
  let after: string | null = null
  do {
    const query: { after?: string } = after === null ? {} : { after }
    after = null
    for await (const { order, cursor, message } of orders.exportOrders({ lines: [query] })) {
      stopIfAsked(world)
      if (message !== undefined && cursor === undefined) throw new CliError(EXIT.failed, `The orders could not be read back: ${message}`)
      if (cursor !== undefined) after = cursor
      if (order === undefined || order.externalSource !== SOURCE) continue
      for (const line of order.lines) tally.add('order lines', becameOfLine(line))
      progress.reach((read += 1))
    }
  } while (after !== null)
  progress.end(read)
}
