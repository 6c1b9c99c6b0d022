// What tasks do about the events of the rooms below.
import type { Reaction } from '../../platform/jobs/reaction.ts'

export const taskReactions: readonly Reaction[] = []
