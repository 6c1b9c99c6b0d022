// From the database's errors to the closed list of problems. What is not known here is a bug and stays an error.
import { isList, isRecord } from '../../kernel/json.ts'
import { Problem, PROBLEMS, type ProblemCode, type ProblemError } from '../../kernel/problem.ts'
import type { Refusals } from './statement.ts'
import { CannotConnect, ConnectionLost, ServerError } from './wire.ts'

/** SQLSTATE by which our own functions refuse: message = sentence, hint = problem code, detail = JSON list of errors. */
export const REFUSED = 'BSPRB'
/** SQLSTATEs of `sec.org()`: no or forged context, expired context, suspended organization. */
export const NO_CONTEXT = 'BS001'
export const CONTEXT_EXPIRED = 'BS002'
export const ORGANIZATION_FENCED = 'BS003'

/** A serialization failure or a deadlock: the same work may succeed when done again from the start. */
export const isTransient = (error: unknown): boolean =>
  error instanceof ServerError && (error.sqlState === '40001' || error.sqlState === '40P01')

/** The statement's plan no longer fits the schema (a migration ran meanwhile): a fresh connection cures it. */
export const isStalePlan = (error: unknown): boolean => error instanceof ServerError && error.sqlState === '0A000' && error.message.includes('cached plan')

/** Turns an error of the wire into a Problem where the caller can do something about it; returns it unchanged otherwise. */
export function problemOf(error: unknown, refusals: Refusals = {}): unknown {
  if (error instanceof ConnectionLost) {
    return new Problem('unavailable', 'The database connection was lost and the outcome is unknown. Repeat the request with the same Idempotency-Key: it will be done exactly once.', { cause: error, retryAfterSeconds: 1 })
  }
  if (!(error instanceof ServerError)) return error instanceof CannotConnect ? unavailable('The database cannot be reached right now.', error) : error
  const refused = error.constraint === null ? undefined : refusals[error.constraint]
  if (refused) {
    const [code, sentence, pointer] = refused
    return new Problem(code, sentence, { cause: error, errors: [{ pointer, code: error.constraint ?? code, message: sentence }] })
  }
  return fromState(error)
}

function fromState(error: ServerError): unknown {
  const state = error.sqlState
  if (state === REFUSED) return refusalOf(error)
  if (state === ORGANIZATION_FENCED) return new Problem('forbidden', 'This organization is suspended. Its administrator can ask the platform operator why.', { cause: error })
  if (isTransient(error)) return unavailable('Too many changes to the same rows at once. Try again.', error)
  if (state === '55P03') return unavailable('Somebody else is changing the same rows. Try again.', error)
  if (state === '57014') return unavailable('The database took too long to answer.', error)
  if (state === '25006') return unavailable('The database is switching over and takes no changes for a moment.', error)
  if (state === '42501' && error.message.includes('policy "site"')) return unknownSite(error)
  if (state === '53100') return unavailable('The database has no disk space left. Reads still work; the operator has been told.', error)
  if (state.startsWith('53') || state.startsWith('08') || state.startsWith('57P')) return unavailable('The database cannot take this right now.', error)
  if (state === '23505') return new Problem('conflict', `That exists already (${error.constraint ?? 'unique'}).`, { cause: error })
  if (state === '23503') return new Problem('invalid', `It refers to something that does not exist (${error.constraint ?? 'reference'}).`, { cause: error })
  if (state === '23514') return new Problem('invalid', `A rule of the data does not allow that (${error.constraint ?? 'check'}).`, { cause: error })
  if (state === '22007' || state === '22008' || state === '22009') return new Problem('invalid', 'A date or time is outside of what can be kept.', { cause: error })
  if (state === '22003') return new Problem('invalid', 'A number is too large.', { cause: error })
  return error
}

/** Who is limited to sites and writes at another one: told the same as when there is no such site. */
const unknownSite = (cause: ServerError): Problem =>
  new Problem('invalid', 'There is no such site.', { cause, errors: [{ pointer: '/siteId', code: 'unknown_site', message: 'There is no such site.' }] })

function refusalOf(error: ServerError): Problem {
  const code: ProblemCode = error.hint !== null && isProblemCode(error.hint) ? error.hint : 'invalid'
  return new Problem(code, error.message, { errors: errorsOf(error.detail), cause: error })
}
function errorsOf(detail: string | null): ProblemError[] {
  if (detail === null || !detail.startsWith('[')) return []
  const list: unknown = JSON.parse(detail)
  const field = (entry: Readonly<Record<string, unknown>>, name: string): string => (typeof entry[name] === 'string' ? entry[name] : '')
  return isList(list) ? list.filter(isRecord).map((entry) => ({ pointer: field(entry, 'pointer'), code: field(entry, 'code'), message: field(entry, 'message') })) : []
}

const isProblemCode = (value: string): value is ProblemCode => Object.hasOwn(PROBLEMS, value)
const unavailable = (sentence: string, cause: unknown): Problem => new Problem('unavailable', sentence, { cause, retryAfterSeconds: 1 })
