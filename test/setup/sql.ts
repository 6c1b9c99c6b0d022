// SQL by any login, for tests that look behind the doors. The product has no such thing.
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
