// What this room does by itself: looks at proven domains and providers' metadata once a day, and forgets sign-ins that were never ended or are long past.
import type { OrganizationId } from '../../kernel/ids.ts'
import type { Database } from '../../platform/db/database.ts'
import { systemContext } from '../../platform/jobs/system-context.ts'
import type { Round } from '../../platform/jobs/worker.ts'
import type { Log } from '../../platform/log/log.ts'
import { sweepAssertions, sweepTokens } from './clients/store.ts'
import { refreshMetadata } from './connections/certificates.ts'
import { listConnections } from './connections/store.ts'
import { recheckDomains } from './domains/decide.ts'
import type { IdentityParts } from './parts.ts'
import { forgetReports } from './setup/store.ts'
import { forgetSessions, forgetSignIns } from './sign-in/forget.ts'
import { sweepSignIns } from './sign-in/store.ts'

const EVERY_MS = 15 * 60_000
const DAY_MS = 86_400_000
const PAGE = 200
const CONNECTIONS_MAX = 100
/** A transaction stays short, and an organization that was never swept does not hold up the others. */
const ROWS_A_BATCH = 1_000
const BATCHES_A_TURN = 50

export type RoundParts = Omit<IdentityParts, 'database'>

export function identityRounds(parts: RoundParts): readonly Round[] {
  /** When the metadata of a connection was read last, by this process. */
  const readAtMs = new Map<string, number>()
  return [{
    name: 'identity.tend', idleMs: EVERY_MS,
    run: async (database, log, signal) => {
      for (let after: OrganizationId | null = null; !signal.aborted;) {
        const page: OrganizationId[] = await database.organizationsToTend(after, PAGE)
        for (const organizationId of page) {
          if (signal.aborted) return false
          await tend({ ...parts, database }, organizationId, readAtMs, log)
        }
        after = page.at(-1) ?? null
        if (page.length < PAGE) break
      }
      return false
    },
  }]
}

async function tend(parts: IdentityParts & { readonly database: Database }, organizationId: OrganizationId, readAtMs: Map<string, number>, log: Log): Promise<void> {
  const { database } = parts
  // A context for each piece of work: one that is told twice what to do once would be told the first answer.
  const context = () => systemContext({ organizationId, permissions: ['identity:write', 'identity:read', 'members:write'], operation: 'identity.tend' })
  try {
    await database.housekeep(context(), async (tx) => {
      await sweepSignIns(tx)
      await sweepAssertions(tx)
      await forgetReports(tx)
    })
    for (const sweep of [sweepTokens, forgetSessions, forgetSignIns]) {
      for (let batch = 0; batch < BATCHES_A_TURN; batch += 1) {
        if ((await database.housekeep(context(), (tx) => sweep(tx, ROWS_A_BATCH))) < ROWS_A_BATCH) break
      }
    }
    await recheckDomains(parts, (work) => database.housekeep(context(), work))
    const { items } = await database.read(context(), (tx) => listConnections(tx, CONNECTIONS_MAX, null))
    for (const connection of items) {
      if (connection.settings.saml?.metadataUrl === undefined || parts.nowMs() - (readAtMs.get(connection.id) ?? 0) < DAY_MS) continue
      readAtMs.set(connection.id, parts.nowMs())
      const fresh = await refreshMetadata(parts, (work) => database.housekeep(context(), work), connection)
      if (fresh > 0) log.warn({ organizationId, connectionId: connection.id, fresh }, 'A provider names a certificate that nobody has approved yet.')
    }
  } catch (error) {
    log.error({ organizationId, error }, 'The sign-in of an organization could not be tended.')
  }
}
