// How a run ends. The codes are part of the command's promise: scripts branch on them.
import { ApiError } from '../kernel/client.ts'
import { TabularError } from '../platform/tabular/tabular-error.ts'

export const EXIT = {
  ok: 0,
  /** The server refused, or something failed. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** No server answered. */
  unreachable: 3,
  /** The key is missing, unknown or lacks the permission. */
  notAllowed: 4,
  /** The import is done, but some lines were refused. */
  partly: 5,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'done'], [EXIT.failed, 'refused or failed'], [EXIT.usage, 'the command line makes no sense'], [EXIT.unreachable, 'no server answered'],
  [EXIT.notAllowed, 'no valid key, or a permission is missing'], [EXIT.partly, 'imported, but some lines were refused'], [EXIT.interrupted, 'stopped by Ctrl-C'],
]

/** A failure with a sentence for the person at the keyboard; `hint` says what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode
  readonly hint: string | null
  constructor(exitCode: ExitCode, sentence: string, hint: string | null = null, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
    this.hint = hint
  }
}
export const usageError = (sentence: string, hint: string | null = null): CliError => new CliError(EXIT.usage, sentence, hint)

export interface Failure {
  readonly exitCode: ExitCode
  readonly lines: readonly string[]
}

/** What is said about any failure, and how the run ends because of it. Never a stack trace: `BSS_DEBUG=1` shows it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return { exitCode: error.exitCode, lines: [error.message, ...(error.hint === null ? [] : [error.hint])] }
  if (error instanceof TabularError) return { exitCode: EXIT.failed, lines: [error.message] }
  if (error instanceof ApiError) return apiFailureOf(error)
  if (error instanceof Error && error.name === 'AbortError') return { exitCode: EXIT.interrupted, lines: ['Stopped.'] }
  return { exitCode: EXIT.failed, lines: [`Something unexpected happened: ${error instanceof Error ? error.message : String(error)}`, 'Run it again with BSS_DEBUG=1 to see where.'] }
}

function apiFailureOf(error: ApiError): Failure {
  if (error.status === 0) {
    return { exitCode: EXIT.unreachable, lines: [error.detail, 'Start one with `npm start`, or say where it is with --url or BSS_URL.'] }
  }
  const faults = error.errors.map((fault) => `  ${fault.pointer === '' ? 'the body' : fault.pointer}: ${fault.message} (${fault.code})`)
  const request = error.requestId === null ? [] : [`  request ${error.requestId}`]
  const lines = [error.detail, ...faults, ...(error.status >= 500 ? request : [])]
  if (error.status === 401) return { exitCode: EXIT.notAllowed, lines: [...lines, 'Give a key with --key or BSS_KEY; `bss doctor` says what is wrong with it.'] }
  if (error.status === 403) return { exitCode: EXIT.notAllowed, lines: [...lines, '`bss whoami` shows what the key may do.'] }
  return { exitCode: EXIT.failed, lines }
}
