// Can the database serve? Asked by /readyz and by `bss doctor`.
import type { Doors } from './doors.ts'
import { lsnNumber } from './replica.ts'
import type { Call } from './wire.ts'

export interface DatabaseHealth {
  readonly primary: { readonly isUp: boolean; readonly detail: string }
  readonly replicas: readonly { readonly isUp: boolean; readonly lagBytes: number | null; readonly lagSeconds: number | null; readonly detail: string }[]
}
const PRIMARY: Call = { name: 'bss_health_primary', text: 'select pg_current_wal_lsn()::text, pg_is_in_recovery()::text', params: [] }
const REPLICA: Call = { name: 'bss_health_replica', text: 'select pg_last_wal_replay_lsn()::text, extract(epoch from now() - pg_last_xact_replay_timestamp())::float8::text', params: [] }

/** Asks every server once. Never throws: what is down is said, not raised. */
export async function databaseHealth({ primaryReads, replicas }: Doors): Promise<DatabaseHealth> {
  const [position, primary] = await primaryReads.use((wire) => wire.send([PRIMARY])).then(
    ([result]) => [result?.rows[0]?.[0] ?? null, { isUp: true, detail: 'takes changes' }] as const,
    (error: unknown) => [null, { isUp: false, detail: sentence(error) }] as const,
  )
  const states = replicas.pools.map((pool) =>
    pool.use((wire) => wire.send([REPLICA])).then(
      ([result]) => {
        const replayed = result?.rows[0]?.[0] ?? null
        const lagBytes = position === null || replayed === null ? null : Math.max(0, Number(lsnNumber(position) - lsnNumber(replayed)))
        // The age of the last transaction it replayed is a lag only while there is more to replay: an idle primary sends none.
        const sinceLast = result?.rows[0]?.[1] ?? null
        const lagSeconds = lagBytes === 0 ? 0 : lagBytes === null || sinceLast === null ? null : Math.max(0, Number(sinceLast))
        return { isUp: replayed !== null, lagBytes, lagSeconds, detail: replayed === null ? 'is not a replica' : lagText(lagBytes, lagSeconds) }
      },
      (error: unknown) => ({ isUp: false, lagBytes: null, lagSeconds: null, detail: sentence(error) }),
    ),
  )
  return { primary, replicas: await Promise.all(states) }
}

function lagText(bytes: number | null, seconds: number | null): string {
  if (bytes === null) return 'how far behind is not known'
  return seconds === null ? `${bytes} bytes behind` : `${bytes} bytes and ${seconds.toFixed(1)} s behind`
}
const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error))
