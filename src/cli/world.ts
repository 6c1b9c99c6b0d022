/** Where text goes: standard output, standard error, or a list in a test. */
export interface Paper {
  write(text: string): void
  /** A person is looking at it. */
  readonly isTerminal: boolean
  readonly columns: number
}

/** Everything a command takes from outside, so that a test can give it another world. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  /** Data and nothing else. */
  readonly out: Paper
  /** Talk: progress, hints, refusals. */
  readonly talk: Paper
  /** Ends the work at the next good moment: Ctrl-C, or nobody reads the output any more. */
  readonly signal: AbortSignal
  /** The reader of the output has seen enough and closed it: an end nobody needs to be told about. */
  readonly isUnread: () => boolean
  readonly nowMs: () => number
}

export function stopIfAsked(world: World): void {
  world.signal.throwIfAborted()
}
