// Step-up: what hands out a way in is not done on the strength of a session that somebody may have left open.
import type { Facts } from '../../../kernel/access.ts'
import { Problem, STEP_UP_SECONDS } from '../../../kernel/problem.ts'

/** Refuses a session whose holder has not proved to be themselves of late. A key is no session: it is proof each time. */
export function needRecentProof(session: Facts['session'], nowMs: number, seconds: number = STEP_UP_SECONDS): void {
  if (session !== null && nowMs - session.authenticatedAtMs > seconds * 1000) {
    throw new Problem('step_up_required', `This needs a proof of the last ${seconds / 60} minutes that it is you: sign in again, by your provider at /auth/step-up or with a passkey, and repeat it.`)
  }
}
