// Bulk bodies: lines arrive one by one, are stored by the batch, and each gets its own answer, in order.
import type { Line } from '../../kernel/contract.ts'

export interface Refused {
  readonly code: string
  readonly pointer: string
  readonly message: string
}
export interface Numbered<T> {
  readonly line: number
  readonly value: T
}
export interface Batching<T, A> {
  /** Two lines of the same name never share a batch, so that the second sees what the first did. */
  readonly nameOf: (value: T) => string | null
  /** Refuses what the schema could not. */
  readonly check: (value: T) => Refused | null
  readonly refuse: (line: number, refused: Refused) => A
  /** Stores a batch; gives an answer for each of its lines. */
  readonly store: (batch: readonly Numbered<T>[]) => Promise<ReadonlyMap<number, A>>
  readonly countMax: number
  /** How much a line weighs, when lines differ much in what they cost; a batch weighs at most `weightMax`. */
  readonly weightOf?: (value: T) => number
  readonly weightMax?: number
}

/** Yields one answer per line, in the order of the lines. */
export async function* inBatches<T, A>(lines: AsyncIterable<Line<T>, unknown, unknown>, how: Batching<T, A>): AsyncGenerator<A, void, void> {
  let batch: Numbered<T>[] = []
  let waiting: (number | { readonly answer: A })[] = []
  let weight = 0
  const names = new Set<string>()
  async function* flush(): AsyncGenerator<A, void, void> {
    const answers = batch.length === 0 ? new Map<number, A>() : await how.store(batch)
    for (const entry of waiting) {
      const answer = typeof entry === 'number' ? answers.get(entry) : entry.answer
      if (answer === undefined) throw new Error('A line of a batch got no answer.')
      yield answer
    }
    batch = []
    waiting = []
    weight = 0
    names.clear()
  }
  for await (const line of lines) {
    const refused = 'refused' in line ? line.refused : how.check(line.value)
    if (refused !== null) waiting.push({ answer: how.refuse(line.line, refused) })
    else if ('value' in line) {
      const name = how.nameOf(line.value)
      const more = how.weightOf?.(line.value) ?? 1
      if ((name !== null && names.has(name)) || (how.weightMax !== undefined && batch.length > 0 && weight + more > how.weightMax)) yield* flush()
      if (name !== null) names.add(name)
      weight += more
      batch.push({ line: line.line, value: line.value })
      waiting.push(line.line)
    }
    if (waiting.length >= how.countMax) yield* flush()
  }
  yield* flush()
}
