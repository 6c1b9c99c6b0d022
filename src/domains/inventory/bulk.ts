// Bulk bodies: lines arrive one by one, are stored by the batch, and each gets its own answer, in order.
import type { Line } from '../../kernel/contract.ts'

/** Large enough that a round trip costs nothing per line, small enough that a batch holds its locks for milliseconds. */
export const BATCH_LINES = 500

export interface Refused {
  readonly code: string
  readonly pointer: string
  readonly message: string
}
export interface Numbered<T> {
  readonly line: number
  readonly value: T
}

/**
 * Runs `store` on batches of valid lines and yields one answer per line. `check` refuses what the schema could not; two
 * lines with the same `keyOf` never share a batch, so that the second sees what the first did.
 */
export async function* inBatches<T, A>(
  lines: AsyncIterable<Line<T>, unknown, unknown>,
  keyOf: (value: T) => string | null,
  check: (value: T) => Refused | null,
  refuse: (line: number, refused: Refused) => A,
  store: (batch: readonly Numbered<T>[]) => Promise<ReadonlyMap<number, A>>,
): AsyncGenerator<A, void, void> {
  let batch: Numbered<T>[] = []
  let order: (number | A)[] = []
  const keys = new Set<string>()
  async function* flush(): AsyncGenerator<A, void, void> {
    const answers = batch.length === 0 ? new Map<number, A>() : await store(batch)
    for (const entry of order) {
      if (typeof entry !== 'number') yield entry
      else {
        const answer = answers.get(entry)
        if (answer === undefined) throw new Error(`The line ${entry} got no answer.`)
        yield answer
      }
    }
    batch = []
    order = []
    keys.clear()
  }
  for await (const line of lines) {
    const refused = 'refused' in line ? line.refused : check(line.value)
    if (refused !== null) order.push(refuse(line.line, refused))
    else if ('value' in line) {
      const key = keyOf(line.value)
      if (key !== null && keys.has(key)) yield* flush()
      if (key !== null) keys.add(key)
      batch.push({ line: line.line, value: line.value })
      order.push(line.line)
    }
    if (order.length >= BATCH_LINES) yield* flush()
  }
  yield* flush()
}
