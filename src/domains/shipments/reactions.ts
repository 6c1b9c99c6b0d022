// What shipments do about the events of the rooms below.
import type { Reaction } from '../../platform/jobs/reaction.ts'

export const shipmentReactions: readonly Reaction[] = []
