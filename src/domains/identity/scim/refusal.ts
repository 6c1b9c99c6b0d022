// What SCIM calls an error (RFC 7644 §3.12), and how our own problems are said in it.
import type { Problem } from '../../../kernel/problem.ts'
import type { PageAnswer } from '../../../platform/http/page.ts'

export const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error'
export type ScimType = 'invalidFilter' | 'tooMany' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue' | 'invalidCursor' | 'sensitive'

/** A refusal in SCIM's own words. Thrown inside a transaction it undoes all of it. */
export class ScimRefusal extends Error {
  override readonly name = 'ScimRefusal'
  readonly status: number
  readonly scimType: ScimType | null
  /** Of a refused method: those that are possible. */
  readonly allow: readonly string[]
  constructor(status: number, scimType: ScimType | null, detail: string, allow: readonly string[] = []) {
    super(detail)
    this.status = status
    this.scimType = scimType
    this.allow = allow
  }
}
export const refuse = (scimType: ScimType, detail: string): ScimRefusal => new ScimRefusal(scimType === 'uniqueness' ? 409 : 400, scimType, detail)
/** One sentence for what is missing, deleted, another directory's and another organization's. */
export const missing = (what: 'User' | 'Group'): ScimRefusal => new ScimRefusal(404, null, `There is no such ${what}.`)

const CONTENT_TYPE = 'application/scim+json'

export function scimAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): PageAnswer {
  return { status, headers: { 'content-type': CONTENT_TYPE, ...headers }, cookies: [], body: JSON.stringify(value) }
}

export const refusalAnswer = ({ status, scimType, message, allow }: ScimRefusal): PageAnswer =>
  scimAnswer({ schemas: [ERROR_SCHEMA], status: String(status), ...(scimType === null ? {} : { scimType }), detail: message }, status, allow.length === 0 ? {} : { allow: allow.join(', ') })

/** A problem of the house, as SCIM says it. SCIM knows no 422: what is not valid is a 400 there. */
export function refusalOf(problem: Problem): ScimRefusal {
  const { code, message } = problem
  const [first] = problem.errors
  const detail = first === undefined || first.message === message ? message : `${message} ${first.pointer}: ${first.message}`
  if (first?.code === 'user_account_name') return new ScimRefusal(409, 'uniqueness', message)
  if (code === 'bad_request') return new ScimRefusal(400, 'invalidSyntax', detail)
  if (code === 'invalid') return new ScimRefusal(400, 'invalidValue', detail)
  return new ScimRefusal(problem.status, null, detail)
}
export const problemAnswer = (problem: Problem): PageAnswer => refusalAnswer(refusalOf(problem))

const CODES: Readonly<Record<number, string>> = { 403: 'forbidden', 404: 'not_found', 405: 'method_not_allowed', 409: 'conflict', 412: 'stale', 413: 'too_large', 415: 'unsupported_media_type', 501: 'not_supported' }
/** The exact code for the organization's log: SCIM's own word where it has one, so that the directory's log and ours say the same. */
export const codeOf = ({ status, scimType }: ScimRefusal): string => scimType ?? CODES[status] ?? `status_${status}`
