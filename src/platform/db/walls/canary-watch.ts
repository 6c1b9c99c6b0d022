// Listens for canaries in what the server sends: as they are, in hexadecimal and without their dashes.
import type { Canary } from './plant.ts'

/** An id as a URN is the same id: who brought the one along learns nothing from the other. */
const bare = (value: string): string => value.toLowerCase().replace(/^urn:uuid:/, '')

export class CanaryWatch {
  readonly #forms = new Map<string, Canary>()
  readonly #pattern: RegExp

  constructor(canaries: readonly Canary[]) {
    for (const canary of canaries) {
      const { value } = canary
      const forms = [value, value.replaceAll('-', ''), Buffer.from(value).toString('hex'), Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -1)]
      for (const form of forms) this.#forms.set(form.toLowerCase(), canary)
    }
    const escaped = [...this.#forms.keys()].map((form) => form.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    this.#pattern = new RegExp(escaped.length === 0 ? '(?!)' : escaped.join('|'), 'gi')
  }

  get size(): number {
    return this.#forms.size
  }

  /** Canaries that were heard and not said first: what a caller brings along is no news to it. */
  heard(answer: string, said: string, exceptFrom: readonly string[] = []): string[] {
    const known = said.toLowerCase()
    const found = new Set([...answer.matchAll(this.#pattern)].map((match) => match[0].toLowerCase()))
    return [...found].filter((form) => {
      const canary = this.#forms.get(form)
      return canary !== undefined && !known.includes(bare(canary.value)) && !exceptFrom.includes(canary.table)
    })
  }
}
