// What is known of somebody who signs in, whatever the protocol was.
import type { ConnectionId, UserId } from '../../../kernel/ids.ts'
import type { SignInAttempt } from '../connections/contract.ts'

export type Purpose = 'sign_in' | 'test' | 'step_up'

/** What a provider has proved. */
export interface Verified {
  /** The person at this provider: `sub`, `tid` and `oid`, or the whole NameID. */
  readonly subject: string
  /** The name a directory may have announced the person by. */
  readonly directoryName: string
  readonly email: string | null
  readonly displayName: string | null
  readonly authenticatedAtMs: number
  readonly acr: string | null
  readonly methods: readonly string[]
  /** For signing out at the provider, or by it. */
  readonly providerSubject: string
  readonly providerSession: string | null
}
export interface Admitted {
  readonly userId: UserId
  readonly connectionId: ConnectionId
  readonly verified: Verified
}
/** A line of the organization's sign-in log. */
export interface Attempt {
  readonly connectionId: ConnectionId | null
  readonly purpose: SignInAttempt['purpose']
  /** `ok`, or the exact code of the refusal. */
  readonly outcome: string
  readonly detail: string
  readonly subject: string | null
  readonly userId: UserId | null
  readonly address: string
  readonly userAgent: string
  readonly requestId: string
}
/** Why somebody is not let in: the code for the organization's log. Outwards there is one sentence for all of them. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly subject: string | null
  constructor(code: string, detail: string, subject: string | null = null) {
    super(detail)
    this.code = code
    this.subject = subject
  }
}
