// Filters and paths (RFC 7644 §3.4.2.2 and §3.5.2): the whole grammar, read by a parser of our own that is bounded in length, depth and
// number of comparisons, so that no text costs more than a look at it.
import { refuse, type ScimType } from './refusal.ts'

export const COMPARISONS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
export type Comparison = (typeof COMPARISONS)[number]
export interface AttributePath {
  readonly urn: string | null
  readonly name: string
  readonly sub: string | null
}
export type Filter =
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'pr'; readonly path: AttributePath }
  | { readonly op: Comparison; readonly path: AttributePath; readonly value: string | number | boolean | null }
  /** `emails[type eq "work"]`; what stands behind the bracket is compared with the values that were meant. */
  | { readonly op: 'each'; readonly path: AttributePath; readonly of: Filter }
/** A path of PATCH: `emails[type eq "work"].value`. `name` null: a whole extension. */
export interface PatchPath {
  readonly urn: string | null
  readonly name: string | null
  readonly filter: Filter | null
  readonly sub: string | null
}

const LENGTH_MAX = 4_000
const DEPTH_MAX = 16
const COMPARISONS_MAX = 100

type Token = { readonly kind: 'word' | 'string' | 'number' | '(' | ')' | '[' | ']' | '.'; readonly text: string; readonly at: number }
const SPACE = /[ \t]*/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![A-Za-z0-9_$:-])/y
const WORD = /(?:[uU][rR][nN]:[A-Za-z0-9._:-]*[A-Za-z0-9_-]|[A-Za-z$][A-Za-z0-9_-]*)(?:\.[A-Za-z$][A-Za-z0-9_-]*)*/y

class Reader {
  readonly #text: string
  readonly #type: ScimType
  readonly #tokens: Token[] = []
  #next = 0
  #comparisons = 0

  constructor(text: string, type: ScimType) {
    this.#text = text
    this.#type = type
    if (text.length > LENGTH_MAX) throw refuse(type, `It is longer than ${LENGTH_MAX} characters.`)
    if (!text.isWellFormed() || text.includes('\0')) throw refuse(type, 'It is not valid Unicode without the NUL character.')
    this.#cut()
  }

  #cut(): void {
    const text = this.#text
    let at = 0
    const take = (pattern: RegExp): string | null => {
      pattern.lastIndex = at
      return pattern.exec(text)?.[0] ?? null
    }
    for (;;) {
      at += take(SPACE)?.length ?? 0
      if (at >= text.length) return
      const sign = text.charAt(at)
      const found: Omit<Token, 'at'> | null = sign === '(' || sign === ')' || sign === '[' || sign === ']' || sign === '.' ? { kind: sign, text: sign } : (token('string', take(STRING)) ?? token('number', take(NUMBER)) ?? token('word', take(WORD)))
      if (found === null) throw this.fault(`The character ${at + 1} fits nowhere`)
      this.#tokens.push({ ...found, at })
      at += found.text.length
    }
  }

  fault(what: string): Error {
    return refuse(this.#type, `${what} in: ${this.#text.slice(0, 200)}`)
  }
  get peek(): Token | null {
    return this.#tokens[this.#next] ?? null
  }
  take(): Token {
    const token = this.peek
    if (token === null) throw this.fault('Something is missing at the end')
    this.#next += 1
    return token
  }
  is(kind: Token['kind'], word?: string): boolean {
    const token = this.peek
    return token !== null && token.kind === kind && (word === undefined || token.text.toLowerCase() === word)
  }
  takeIf(kind: Token['kind'], word?: string): boolean {
    if (!this.is(kind, word)) return false
    this.#next += 1
    return true
  }
  need(kind: Token['kind']): Token {
    const token = this.take()
    if (token.kind !== kind) throw this.fault(`“${token.text.slice(0, 40)}” stands where ${kind} is expected`)
    return token
  }
  end(): void {
    if (this.peek !== null) throw this.fault(`“${this.peek.text.slice(0, 40)}” is one too much`)
  }

  or(depth: number): Filter {
    const of = [this.#and(depth)]
    while (this.takeIf('word', 'or')) of.push(this.#and(depth))
    const [only] = of
    return of.length === 1 && only !== undefined ? only : { op: 'or', of }
  }
  #and(depth: number): Filter {
    const of = [this.#term(depth)]
    while (this.takeIf('word', 'and')) of.push(this.#term(depth))
    const [only] = of
    return of.length === 1 && only !== undefined ? only : { op: 'and', of }
  }
  #term(depth: number): Filter {
    if (depth > DEPTH_MAX) throw this.fault(`It is nested more than ${DEPTH_MAX} levels deep,`)
    if (this.takeIf('(')) return this.#closing(')', depth)
    const first = this.need('word')
    if (first.text.toLowerCase() === 'not' && this.takeIf('(')) return { op: 'not', of: this.#closing(')', depth) }
    const path = this.path(first.text)
    if (!this.takeIf('[')) return this.#comparison(path)
    const each: Filter = { op: 'each', path, of: this.#closing(']', depth) }
    if (!this.takeIf('.')) return each
    const sub = this.need('word').text
    // `emails[type eq "work"].value eq "x"`: both are asked of the same value.
    return { ...each, of: { op: 'and', of: [each.of, this.#comparison({ urn: null, name: sub, sub: null })] } }
  }
  #closing(kind: ')' | ']', depth: number): Filter {
    const inner = this.or(depth + 1)
    this.need(kind)
    return inner
  }
  #comparison(path: AttributePath): Filter {
    this.#comparisons += 1
    if (this.#comparisons > COMPARISONS_MAX) throw this.fault(`There are more than ${COMPARISONS_MAX} comparisons`)
    const word = this.need('word').text.toLowerCase()
    if (word === 'pr') return { op: 'pr', path }
    const op = COMPARISONS.find((each) => each === word)
    if (op === undefined) throw this.fault(`“${word.slice(0, 40)}” is no comparison`)
    return { op, path, value: this.#value() }
  }
  #value(): string | number | boolean | null {
    const token = this.take()
    if (token.kind === 'string') return textOf(token.text, () => this.fault('A text is not well-formed'))
    if (token.kind === 'number') return Number(token.text)
    const word = token.text.toLowerCase()
    if (token.kind === 'word' && (word === 'true' || word === 'false')) return word === 'true'
    if (token.kind === 'word' && word === 'null') return null
    throw this.fault(`“${token.text.slice(0, 40)}” is no value; texts stand between quotation marks`)
  }
  path(text: string): AttributePath {
    const colon = text.lastIndexOf(':')
    const urn = colon < 0 ? null : text.slice(0, colon)
    const [name = '', sub, ...more] = text.slice(colon + 1).split('.')
    if (name === '' || more.length > 0) throw this.fault(`“${text.slice(0, 100)}” is no attribute`)
    return { urn, name, sub: sub ?? null }
  }
}

const token = (kind: Token['kind'], text: string | null): Omit<Token, 'at'> | null => (text === null ? null : { kind, text })
function textOf(quoted: string, fault: () => Error): string {
  let value: unknown = null
  try {
    value = JSON.parse(quoted)
  } catch {
    throw fault()
  }
  if (typeof value !== 'string' || !value.isWellFormed() || value.includes('\0')) throw fault()
  return value
}

/** Reads a filter or refuses it: `invalidFilter`. */
export function parseFilter(text: string): Filter {
  const reader = new Reader(text, 'invalidFilter')
  const filter = reader.or(1)
  reader.end()
  return filter
}

/** Reads a path of PATCH or refuses it: `invalidPath`. `extensions` are the URNs that stand for a whole extension. */
export function parsePath(text: string, extensions: readonly string[]): PatchPath {
  const whole = extensions.find((urn) => urn.toLowerCase() === text.trim().toLowerCase())
  if (whole !== undefined) return { urn: whole, name: null, filter: null, sub: null }
  const reader = new Reader(text, 'invalidPath')
  const { urn, name, sub } = reader.path(reader.need('word').text)
  if (!reader.takeIf('[')) {
    reader.end()
    return { urn, name, filter: null, sub }
  }
  if (sub !== null) throw reader.fault('A filter stands behind an attribute, not behind a part of one,')
  const filter = reader.or(2)
  reader.need(']')
  const inner = reader.takeIf('.') ? reader.need('word').text : null
  if (inner?.includes('.') === true) throw reader.fault(`“${inner.slice(0, 40)}” is no part of an attribute`)
  reader.end()
  return { urn, name, filter, sub: inner }
}
