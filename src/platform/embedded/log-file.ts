import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs'
import { inheritOwner } from './account.ts'

const LIMIT = 16 * 1024 * 1024
const LOOK_EVERY = 10_000

/**
 * The server appends straight to the file, not through a pipe to us: its words survive our own crash, and a busy
 * event loop never blocks a backend that wants to log. In append mode truncating under the writer is safe.
 */
export class LogFile {
  readonly path: string
  #timer: NodeJS.Timeout | undefined

  constructor(path: string) {
    this.path = path
  }

  /** A descriptor to hand to a child; the caller closes it after the spawn. */
  open(): number {
    this.trim()
    const file = openSync(this.path, 'a', 0o600)
    inheritOwner(this.path)
    return file
  }

  watch(): void {
    this.#timer ??= setInterval(() => this.trim(), LOOK_EVERY).unref()
  }

  unwatch(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  size(): number {
    try {
      return statSync(this.path).size
    } catch {
      return 0
    }
  }

  /** At most two files of this size: the present one and the one before. */
  trim(limit = LIMIT): void {
    if (this.size() <= limit) return
    try {
      copyFileSync(this.path, `${this.path}.1`)
    } finally {
      // Also when the copy found the disk full: then the old words are worth less than the space.
      truncateSync(this.path, 0)
    }
  }

  /** What was written since `from`, its last 8 kB at most. */
  tail(from = 0): string {
    let file: number
    try {
      file = openSync(this.path, 'r')
    } catch {
      return ''
    }
    try {
      const size = fstatSync(file).size
      const start = Math.max(Math.min(from, size), size - 8192, 0)
      const buffer = Buffer.alloc(size - start)
      const read = readSync(file, buffer, 0, buffer.length, start)
      return buffer.toString('utf8', 0, read)
    } finally {
      closeSync(file)
    }
  }
}
