// The face of audit: what the composition of the service needs.
import type { Outbound } from '../../platform/outbound/outbound.ts'
import type { Round } from '../../platform/jobs/worker.ts'
import { chainRound } from './chain/round.ts'
import { streamRound } from './streams/round.ts'

export { auditHandlers } from './handlers.ts'

/** What the worker does for the trail: ties it to its chain, and sends it on. */
export const auditRounds = (outbound: Outbound): readonly Round[] => [chainRound, streamRound(outbound)]
