// A database of one's own for a test file, copied from a migrated template (about 0.1 s), and contexts to work in it.
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { Ctx, ROLES, type Permission, type RoleName } from '../../src/kernel/access.ts'
import { newId, type OrganizationId } from '../../src/kernel/ids.ts'
import { openDatabase, type Database } from '../../src/platform/db/database.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { sql, stopAsking } from './sql.ts'
import { TEMPLATE, TEST_SECRET } from './template.ts'

export interface FreshDatabase {
  readonly database: Database
  readonly primaryUrl: string
  readonly replicaUrls: readonly string[]
  /** For looking behind the walls: a superuser's connection to this database. */
  readonly superuserUrl: string
  readonly secret: Uint8Array
  close(): Promise<void>
}

/** Call in `beforeAll`; call `close()` in `afterAll`. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const cluster = inject('cluster')
  const name = `t_${randomBytes(6).toString('hex')}`
  await sql(cluster.primaryUrl, `create database ${name} template ${TEMPLATE}`)
  const at = (url: string): string => {
    const changed = new URL(url)
    changed.pathname = `/${name}`
    return changed.href
  }
  const primaryUrl = at(cluster.primaryUrl)
  const replicaUrls = cluster.replicaUrls.map(at)
  await migrate({ url: primaryUrl, secret: TEST_SECRET })
  await Promise.all(replicaUrls.map(untilItIsThere))
  const database = openDatabase({ primaryUrl, replicaUrls, secret: TEST_SECRET, role: 'bss_app', poolSize: 8 })
  const superuserUrl = at(cluster.superuserUrl)
  const close = async (): Promise<void> => {
    await stopAsking(superuserUrl)
    await database.close()
  }
  return { database, primaryUrl, replicaUrls, superuserUrl, secret: TEST_SECRET, close }
}

/** The copy reaches the replica a moment later; tests that say where they read from must not depend on that moment. */
async function untilItIsThere(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return void (await sql(url, 'select 1'))
    } catch (error) {
      if (attempt >= 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** A context as a credential of that role would get it. `key` is an Idempotency-Key. */
export function contextOf(organizationId: OrganizationId, role: RoleName, options: { key?: string; fingerprint?: string; operation?: string } = {}): Ctx {
  const permissions: ReadonlySet<Permission> = new Set(ROLES[role].permissions)
  return Ctx.open({
    organizationId,
    actor: { kind: 'service', id: newId(), name: `test ${role}` },
    role,
    permissions,
    fieldClasses: new Set(ROLES[role].fieldClasses),
    sites: null,
    session: null,
    requestId: newId(),
    operation: options.operation ?? 'test.operation',
    idempotency: options.key === undefined ? null : { key: options.key, fingerprint: options.fingerprint ?? 'same' },
    consistency: null,
    outcome: { lsn: null, isReplayed: false, readFrom: null },
  })
}

