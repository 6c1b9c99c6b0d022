// Work across organizations that may not stand in a transaction: asking carriers.
import type { Outbound } from '../../platform/outbound/outbound.ts'
import type { Round } from '../../platform/jobs/worker.ts'
import { carrierRound } from './carriers/round.ts'

export const shipmentRounds = (outbound: Outbound): readonly Round[] => [carrierRound(outbound)]
