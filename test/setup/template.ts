import type { Cluster } from '../../src/platform/embedded/index.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { sql } from './sql.ts'

export const TEMPLATE = 'bss_template'
/** Not a secret: it only ever seals contexts of throw-away databases. */
export const TEST_SECRET = Buffer.from('a secret of the tests, never used outside them')

/** The migrated database that test files copy theirs from. */
export async function prepareTemplate(cluster: Cluster): Promise<void> {
  // Who looks behind the walls asks about all tables at once, which are small: processes to share the work cost more than the work.
  await sql(cluster.superuserUrl, 'alter role current_user set max_parallel_workers_per_gather = 0')
  await sql(cluster.primaryUrl, `create database ${TEMPLATE}`)
  const url = new URL(cluster.primaryUrl)
  url.pathname = `/${TEMPLATE}`
  await migrate({ url: url.href, secret: TEST_SECRET })
}
