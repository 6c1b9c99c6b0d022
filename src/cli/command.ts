// A command names an operation of a contract and the columns to show. Its options are read from the contract's schemas, so that
// a new field in a contract is a new option here without a line of code.
import type { Api, Operation } from '../kernel/contract.ts'

export interface Example {
  /** After `bss `. */
  readonly line: string
  readonly says: string
}
export interface ListOption {
  /** `line`, used as `--line 85123A=6`, may be repeated. */
  readonly flag: string
  /** The list in the body that it fills. */
  readonly property: string
  /** The fields of an entry, in the order in which they stand between `=` signs: sku=quantity. */
  readonly fields: readonly string[]
}
/** What a command adds to its operation. */
export interface Presentation {
  /** Paths into an item of the answer; absent: every field that is no list. */
  readonly columns?: readonly string[]
  readonly lists?: readonly ListOption[]
  /** Where the answer has its list and what asks for the next page, when these are not `items` and `nextCursor`. */
  readonly answer?: { readonly list: string; readonly next?: string }
  readonly examples: readonly Example[]
}
export interface OperationCommand extends Presentation {
  readonly kind: 'operation'
  readonly verb: string
  readonly name: string
  readonly operation: Operation
  readonly summary: string
}
export interface Noun {
  readonly noun: string
  readonly summary: string
  readonly commands: readonly OperationCommand[]
}

/** A command for one operation of a contract; a name the contract does not have does not compile. */
export function command<const A extends Api, K extends keyof A & string>(api: A, verb: string, name: K, presentation: Presentation): OperationCommand {
  const operation: Operation = api[name] ?? missing(name)
  return { kind: 'operation', verb, name, operation, summary: operation.summary, ...presentation }
}

function missing(name: string): never {
  throw new Error(`There is no operation ${name}.`)
}
