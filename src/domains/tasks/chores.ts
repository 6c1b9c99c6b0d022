import type { Chore } from '../../platform/jobs/worker.ts'

export const taskChores: readonly Chore[] = []
