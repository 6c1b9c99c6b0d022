// Answers of bulk operations: each contract says a little more in its own words, all say these few things.
import { streamCall, type Sender } from '../../kernel/client.ts'
import type { Operation } from '../../kernel/contract.ts'
import { isRecord } from '../../kernel/json.ts'
import { CliError, EXIT } from '../exit.ts'
import type { BulkResult, Send } from './batches.ts'

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** The results of a bulk operation in the form that all of them have. */
export async function* resultsOf(answers: AsyncIterable<unknown, unknown, unknown>): AsyncGenerator<BulkResult, void, void> {
  for await (const result of answers) {
    if (!isRecord(result) || typeof result['line'] !== 'number' || typeof result['outcome'] !== 'string') throw new CliError(EXIT.failed, 'The server answered something this command does not understand.', 'Is it of the same release? `bss doctor` compares.')
    yield {
      line: result['line'], outcome: result['outcome'], id: text(result['id']), code: text(result['code']), pointer: text(result['pointer']), message: text(result['message']), isBackordered: result['isBackordered'] === true,
    }
  }
}

/** Sends to an operation that is known at run time only. */
export const sendTo = (sender: Sender, name: string, operation: Operation): Send<unknown, BulkResult> => (values) => resultsOf(streamCall(name, operation, { lines: values }, sender))
