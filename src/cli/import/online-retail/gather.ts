// Lines of one invoice belong together even when others stand between them. Memory stays bounded: an invoice is closed as soon as
// the next one begins, unless the survey of the file has found that it comes back.

const BITS = 2 ** 24

/**
 * Finds invoices that come back after another one, in 2 MB whatever the number of invoices. An invoice may be taken for one that
 * comes back when it does not (two names on one bit): then it is closed by its last line instead of by the next invoice, which is the same.
 */
export class ReturnFinder {
  readonly #seen = new Uint32Array(BITS / 32)
  #last: string | null = null
  /** The number of the last line of each invoice that comes back. */
  readonly lastLines = new Map<string, number>()

  add(invoice: string, line: number): void {
    if (invoice === this.#last) {
      if (this.lastLines.has(invoice)) this.lastLines.set(invoice, line)
      return
    }
    this.#last = invoice
    const bit = hashOf(invoice) % BITS
    const word = bit >>> 5
    const mask = 1 << (bit & 31)
    const bits = this.#seen[word] ?? 0
    if ((bits & mask) !== 0) this.lastLines.set(invoice, line)
    this.#seen[word] = bits | mask
  }
}

/** FNV-1a, 32 bits, with a final mix so that neighbouring invoice numbers land far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

export interface Gathered<T> {
  readonly invoice: string
  /** 1 for the first thousand lines, 2 for the next … */
  readonly part: number
  /** Number of its first line within the invoice, from 1. */
  readonly from: number
  readonly lines: readonly T[]
}
interface Open<T> {
  part: number
  from: number
  lines: T[]
}

export class TooScattered extends Error {
  override readonly name = 'TooScattered'
}

/** Lines waiting for the rest of their invoices at one time: beyond this the file is in no order at all. */
const WAITING_MAX = 200_000

export class Gatherer<T> {
  readonly #lastLines: ReadonlyMap<string, number>
  readonly #linesMax: number
  readonly #open = new Map<string, Open<T>>()
  #current: string | null = null
  #waiting = 0

  constructor(lastLines: ReadonlyMap<string, number>, linesMax: number) {
    this.#lastLines = lastLines
    this.#linesMax = linesMax
  }

  /** Takes a line; gives back what is complete now. */
  add(invoice: string, line: number, value: T): readonly Gathered<T>[] {
    const done: Gathered<T>[] = []
    if (this.#current !== null && this.#current !== invoice && !this.#lastLines.has(this.#current)) this.#close(this.#current, done)
    this.#current = invoice
    let open = this.#open.get(invoice)
    if (open === undefined) this.#open.set(invoice, (open = { part: 1, from: 1, lines: [] }))
    open.lines.push(value)
    this.#waiting += 1
    if (this.#lastLines.get(invoice) === line) this.#close(invoice, done)
    else if (open.lines.length >= this.#linesMax) {
      done.push(this.#take(invoice, open))
      open.part += 1
    }
    if (this.#waiting > WAITING_MAX) throw new TooScattered(`More than ${WAITING_MAX} lines wait for the rest of their invoices. Sort the file by InvoiceNo first.`)
    return done
  }

  /** The end of the file completes whatever is open. */
  end(): readonly Gathered<T>[] {
    const done: Gathered<T>[] = []
    for (const invoice of this.#open.keys()) this.#close(invoice, done)
    return done
  }

  #take(invoice: string, open: Open<T>): Gathered<T> {
    const gathered = { invoice, part: open.part, from: open.from, lines: open.lines }
    this.#waiting -= open.lines.length
    open.from += open.lines.length
    open.lines = []
    return gathered
  }

  #close(invoice: string, done: Gathered<T>[]): void {
    const open = this.#open.get(invoice)
    this.#open.delete(invoice)
    if (open !== undefined && open.lines.length > 0) done.push(this.#take(invoice, open))
  }
}
