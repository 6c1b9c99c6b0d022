// A connection on which everything the server sends is overheard: rows, errors with all their fields, notices, copied data.
// It speaks the simple protocol, as somebody would who got hold of a role's password or found a hole for SQL.
import type { Socket } from 'node:net'
import pg from 'pg'
import { isList } from '../../../kernel/json.ts'

export interface Answer {
  /** Every byte that came back. */
  readonly heard: string
  /** Rows of the last result, as text. */
  readonly rows: readonly (readonly (string | null)[])[]
  readonly affected: number
  readonly error: { readonly code: string; readonly message: string; readonly text: string } | null
}

const ERROR_FIELDS = ['severity', 'code', 'message', 'detail', 'hint', 'internalQuery', 'where', 'schema', 'table', 'column', 'dataType', 'constraint'] as const
const asText = { getTypeParser: () => (value: string) => value }

export class Tapped {
  readonly #client: pg.Client
  #heard: string[] = []
  #isLost = false

  private constructor(client: pg.Client) {
    this.#client = client
    client.on('error', () => (this.#isLost = true))
    client.on('end', () => (this.#isLost = true))
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection // Untyped in @types/pg; below `pg` nothing else sees notices and copied data.
    stream.prependListener('data', (chunk: Buffer) => this.#heard.push(chunk.toString('latin1')))
  }

  static async connect(config: pg.ClientConfig): Promise<Tapped> {
    const client = new pg.Client({ ...config, keepAlive: true })
    await client.connect()
    return new Tapped(client)
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** Sends text as it is, several statements if it has several; never throws on what the server refuses. */
  async ask(text: string): Promise<Answer> {
    this.#heard = []
    try {
      const results: unknown = await this.#client.query({ text, rowMode: 'array', types: asText })
      const list = isList(results) ? results : [results]
      const last = list.at(-1) as pg.QueryArrayResult<(string | null)[]> | undefined // One statement gives a result, several give a list of them (pg's documented form).
      return { heard: this.#heard.join(''), rows: last?.rows ?? [], affected: last?.rowCount ?? 0, error: null }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const field = (name: string): string => String(Reflect.get(error, name) ?? '')
      return { heard: this.#heard.join(''), rows: [], affected: 0, error: { code: field('code'), message: error.message, text: ERROR_FIELDS.map(field).join(' | ') } }
    }
  }

  /** For the proof's own work: an error is a bug of the proof. */
  async must(text: string): Promise<readonly (readonly (string | null)[])[]> {
    const answer = await this.ask(text)
    if (answer.error !== null) throw new Error(`${answer.error.text}\n${text.slice(0, 2_000)}`)
    return answer.rows
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined)
  }
}

export const literal = (text: string | null): string => (text === null ? 'null' : `'${text.replaceAll("'", "''")}'`)
