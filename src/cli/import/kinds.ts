// What can be imported from a table, and by which bulk operation.
import type { Operation } from '../../kernel/contract.ts'

export interface Kind {
  readonly kind: string
  readonly name: string
  readonly operation: Operation
  readonly says: string
  /** Rows with the same value in this field make one thing together; for kinds with a list. */
  readonly gatherBy: string | null
  /** Things of one request. */
  readonly batch: number
}
export const KINDS: readonly Kind[] = []
