// Ties the trails of all organizations to their chains, behind the transactions and at most about a second after them.
import { systemContext } from '../../../platform/jobs/system-context.ts'
import type { Round } from '../../../platform/jobs/worker.ts'
import { chainOn } from './store.ts'

/** Entries of one organization before the next has its turn. */
export const BATCH = 1_000
const ORGANIZATIONS_AT_ONCE = 200
const IDLE_MS = 250

export const chainRound: Round = {
  name: 'audit.chain',
  idleMs: IDLE_MS,
  run: async (database, log, signal) => {
    const organizations = await database.organizationsToChain(ORGANIZATIONS_AT_ONCE)
    let isBusy = organizations.length === ORGANIZATIONS_AT_ONCE
    for (const organizationId of organizations) {
      if (signal.aborted) return false
      try {
        const ctx = systemContext({ organizationId, permissions: ['audit:read'], operation: 'audit.chain' })
        const [row] = await database.housekeep(ctx, (tx) => tx.rows(chainOn, [BATCH]))
        isBusy ||= row?.chained === BATCH
      } catch (error) {
        // The trail of one organization must not hold up the others.
        log.warn({ organizationId, error }, 'the audit chain of an organization could not be continued')
      }
    }
    return isBusy
  },
}
