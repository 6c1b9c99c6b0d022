import pg from 'pg'
import { isList } from '../../kernel/json.ts'

/**
 * The little that needs a superuser: replication slots and the consistent copy of a running primary. Only the embedded
 * cluster comes here; a managed service does these things itself and never gives us such a connection.
 */
export class Superuser {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async with<T>(url: string, work: (superuser: Superuser) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 600_000, application_name: 'bss superuser' })
    // A server that goes away between two statements must fail the next one, not the process.
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await work(new Superuser(client))
    } finally {
      await client.end()
    }
  }

  /** `lost` when the primary gave up keeping the log for it; `null` when there is no such slot. */
  async slotState(slot: string): Promise<string | null> {
    return await this.#text(`select coalesce(wal_status, 'lost') from pg_replication_slots where slot_name = $1`, [slot])
  }

  /** The slot keeps the log from this moment on, so that nothing is missing between a copy and its first connection. */
  async createSlot(slot: string): Promise<void> {
    await this.#text('select pg_create_physical_replication_slot($1, true)', [slot])
  }

  /** A slot that somebody still reads from cannot be dropped; his connection is ended first. */
  async dropSlot(slot: string): Promise<void> {
    await this.#text('select pg_terminate_backend(active_pid, 5000)::text from pg_replication_slots where slot_name = $1 and active_pid is not null', [slot])
    await this.#text('select pg_drop_replication_slot(slot_name)::text from pg_replication_slots where slot_name = $1', [slot])
  }

  async isStreaming(name: string): Promise<boolean> {
    return (await this.#text(`select 'yes' from pg_stat_replication where application_name = $1 and state = 'streaming'`, [name])) !== null
  }

  /** Runs `copy` while the primary guarantees that what is copied can be made whole; gives the `backup_label` to put into it. */
  async backup(copy: () => Promise<void>): Promise<string> {
    await this.#text(`select pg_backup_start('bss', fast => true)::text`)
    await copy()
    const label = await this.#text('select labelfile from pg_backup_stop(wait_for_archive => false)')
    if (label === null) throw new Error('pg_backup_stop gave no label file.')
    return label
  }

  async #text(sql: string, values: string[] = []): Promise<string | null> {
    const result: { rows: unknown[] } = await this.#client.query({ text: sql, values, rowMode: 'array' })
    const row = result.rows[0]
    const value = isList(row) ? row[0] : null
    return typeof value === 'string' ? value : null
  }
}
