// Bulk operations called by name: the answer of each has the same few fields, whatever its contract adds to them.
import { streamCall, type Sender } from '../../kernel/client.ts'
import type { Operation } from '../../kernel/contract.ts'
import { isRecord } from '../../kernel/json.ts'
import { CliError, EXIT } from '../exit.ts'
import type { BulkResult, Send } from './batches.ts'

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export function sendTo(sender: Sender, name: string, operation: Operation): Send<unknown, BulkResult> {
  return async function* send(values) {
    for await (const result of streamCall(name, operation, { lines: values }, sender)) {
      if (!isRecord(result) || typeof result['line'] !== 'number' || typeof result['outcome'] !== 'string') throw new CliError(EXIT.failed, `${name} answered something this command does not understand.`, 'Is it of the same release as the server? `bss doctor` compares.')
      yield { line: result['line'], outcome: result['outcome'], id: text(result['id']), isBackordered: result['isBackordered'] === true, code: text(result['code']), pointer: text(result['pointer']), message: text(result['message']) }
    }
  }
}
