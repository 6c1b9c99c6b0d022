// SQL by any login, for tests that look behind the doors. The product has no such thing.
import { createHash } from 'node:crypto'
import { Wire, type Param } from '../../src/platform/db/wire.ts'

/** Runs statements one after the other on a connection of its own; gives the rows of the last as text. */
export async function sql(url: string, statements: string | readonly string[], params: readonly Param[] = []): Promise<readonly (readonly (string | null)[])[]> {
  const wire = await Wire.connect({ connectionString: url, connectionTimeoutMillis: 5_000 })
  try {
    let rows: readonly (readonly (string | null)[])[] = []
    for (const text of typeof statements === 'string' ? [statements] : statements) {
      const [result] = await wire.send([{ name: '', text, params }])
      rows = result?.rows ?? []
    }
    return rows
  } finally {
    await wire.close()
  }
}

const asking = new Map<string, Promise<Wire>>()

/** For a long question that a test asks again and again: the connection stays until `stopAsking`, and the server plans it once. */
export async function ask(url: string, text: string, params: readonly Param[] = []): Promise<readonly (readonly (string | null)[])[]> {
  const connecting = asking.get(url) ?? Wire.connect({ connectionString: url, connectionTimeoutMillis: 5_000 })
  asking.set(url, connecting)
  const wire = await connecting
  const [result] = await wire.send([{ name: createHash('sha256').update(text).digest('hex').slice(0, 40), text, params }])
  return result?.rows ?? []
}

export async function stopAsking(url: string): Promise<void> {
  const connecting = asking.get(url)
  asking.delete(url)
  await (await connecting)?.close()
}

/** As `sql`, and waits until every replica has it: for what a test changes behind the doors and then reads through them. */
export async function plant(superuserUrl: string, statements: string | readonly string[], params: readonly Param[] = []): Promise<readonly (readonly (string | null)[])[]> {
  const rows = await sql(superuserUrl, statements, params)
  const [[written] = []] = await sql(superuserUrl, 'select pg_current_wal_insert_lsn()::text')
  for (let attempt = 1; ; attempt += 1) {
    const [[behind] = []] = await sql(superuserUrl, 'select count(*) from pg_stat_replication where replay_lsn is null or replay_lsn < $1::pg_lsn', [written ?? null])
    if (behind === '0') return rows
    if (attempt >= 600) throw new Error('A replica did not get what was planted.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
