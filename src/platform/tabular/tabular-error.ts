/** A file nobody could read as a table. The message is one sentence for a person, with the line where that is known. */
export class TabularError extends Error {
  override readonly name = 'TabularError'
  readonly line: number | null
  constructor(sentence: string, line: number | null = null, cause?: unknown) {
    super(line === null ? sentence : `Line ${line}: ${sentence}`, cause === undefined ? undefined : { cause })
    this.line = line
  }
}
