// An attack is one statement with a context, and what must come of it. Whatever it is, no canary may come back.

/** `refused`: an error. `nothing`: an error, no row touched, or a count of zero. `own`: exactly the caller's own rows. `silent`: anything that tells nothing. */
export type Expectation = 'refused' | 'nothing' | 'own' | 'silent'

export interface Attack {
  readonly name: string
  readonly text: string
  readonly expects: Expectation
  /** The value of app.ctx; the caller's genuine one when absent, none at all when null. */
  readonly context?: string | null
  /** For `own`: how many. */
  readonly count?: number
  /** Tables whose values this caller may know by design. */
  readonly exceptFrom?: readonly string[]
}
/** The same statement about a foreign thing and about a missing one: the answers must not differ. */
export interface Twins {
  readonly name: string
  readonly foreign: string
  readonly missing: string
  /** The statement about the caller's own thing: shows that the twins could have told something. */
  readonly control: string | null
  /** Texts in the answers that differ because the questions did. */
  readonly differ: readonly (readonly [string, string])[]
}
export interface Leak {
  readonly part: string
  readonly where: string
  readonly what: string
  readonly evidence: string
}
