// What comes round by itself: figures of past days are kept, the latest days first.
import type { Chore } from '../../platform/jobs/worker.ts'
import { keepDays } from './store.ts'

/** So many days at each kind and turn: a large organization's first year is kept over an hour, and no turn holds the worker up. */
const DAYS_A_TURN = 60

export const planningChores: readonly Chore[] = [{ name: 'planning.keepFigures', everyMs: 60_000, run: async (tx) => void (await tx.rows(keepDays, [DAYS_A_TURN])) }]
