// What the schema cannot say about a new order: which names belong together.
import { Problem, type ProblemError } from '../../../kernel/problem.ts'

interface Named {
  readonly itemId?: string
  readonly sku?: string
}
interface Head {
  readonly lines: readonly Named[]
}

const oneOfTwo = (pointer: string, names: string): ProblemError => ({ pointer, code: 'one_of', message: `Give exactly one of ${names}.` })

/** Everything that is wrong with how an order names its items; empty when nothing is. */
export function faultsOf(order: Head): ProblemError[] {
  const faults: ProblemError[] = []
  for (const [index, line] of order.lines.entries()) {
    if ((line.itemId === undefined) === (line.sku === undefined)) faults.push(oneOfTwo(`/lines/${index}`, 'itemId and sku'))
  }
  return faults
}

interface BulkHead extends Head {
  readonly customerId?: string
  readonly customerCode?: string
  readonly siteId?: string
  readonly siteCode?: string
  readonly currency?: string
  readonly lines: readonly (Named & { readonly unitPrice?: string })[]
}
/** The same for an order of a bulk load, which may name customer and site by their codes. */
export function bulkFaultsOf(order: BulkHead): ProblemError[] {
  const faults = faultsOf(order)
  if ((order.customerId === undefined) === (order.customerCode === undefined)) faults.push(oneOfTwo('/customerCode', 'customerId and customerCode'))
  if ((order.siteId === undefined) === (order.siteCode === undefined)) faults.push(oneOfTwo('/siteCode', 'siteId and siteCode'))
  if (order.currency === undefined && order.lines.some((line) => line.unitPrice !== undefined)) {
    faults.push({ pointer: '/currency', code: 'required', message: 'A unit price needs a currency.' })
  }
  return faults
}

export function refuseFaults(faults: readonly ProblemError[]): void {
  if (faults.length > 0) throw new Problem('bad_request', 'The order is not valid.', { errors: faults.slice(0, 20) })
}
