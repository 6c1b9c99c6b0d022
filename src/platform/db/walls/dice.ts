// Chance that can be repeated: the same seed throws the same dice (mulberry32).

export class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  /** From 0 to below 1. */
  throw(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  below(limit: number): number {
    return Math.floor(this.throw() * limit)
  }
  chance(probability: number): boolean {
    return this.throw() < probability
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T // Callers give lists that are not empty; an index below the length exists.
  }
  /** One character of the text. */
  charOf(text: string): string {
    return text.charAt(this.below(text.length))
  }
  hex(length: number): string {
    return Array.from({ length }, () => this.below(16).toString(16)).join('')
  }
  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-7${this.hex(3)}-8${this.hex(3)}-${this.hex(12)}`
  }
}
