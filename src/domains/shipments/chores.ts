import type { Chore } from '../../platform/jobs/worker.ts'

export const shipmentChores: readonly Chore[] = []
