// Every reason for which a message is refused. The list is closed: the sign-in log of an organization shows the code, and the person
// at the door sees one sentence that is the same for all of them.

export const REFUSAL_CODES = [
  'malformed_base64', 'too_large', 'malformed_xml', 'doctype', 'processing_instruction', 'comment', 'cdata', 'too_deep', 'duplicate_id',
  'unexpected_message', 'several_responses', 'several_assertions', 'no_assertion', 'misplaced_assertion', 'malformed_message',
  'unsigned', 'response_unsigned', 'several_signatures', 'misplaced_signature', 'bad_signature_shape', 'several_references', 'wrong_reference',
  'bad_transform', 'weak_algorithm', 'weak_key', 'no_usable_certificate', 'foreign_key', 'bad_signature',
  'not_encrypted', 'weak_encryption', 'cannot_decrypt',
  'bad_status', 'wrong_issuer', 'wrong_destination', 'wrong_in_response_to', 'unsolicited', 'no_name_id', 'no_bearer', 'several_confirmations',
  'bad_confirmation', 'wrong_recipient', 'wrong_audience', 'unknown_condition', 'wrong_authn_context', 'malformed_time', 'expired', 'not_yet_valid',
  'duplicate_parameter', 'parameter_order', 'malformed_query',
  'several_entities', 'insecure_url', 'no_endpoint', 'no_certificate',
] as const

export type RefusalCode = (typeof REFUSAL_CODES)[number]

/** What a reader answers when it refuses. The detail is for the organization's own log and never for the person signing in. */
export interface Refused {
  readonly ok: false
  readonly code: RefusalCode
  readonly detail: string
}

/** How a refusal travels inside this folder; it never leaves it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  constructor(code: RefusalCode, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** Says no. Written as a call that returns nothing, so that the compiler knows what holds behind it. */
export function refuse(code: RefusalCode, detail: string, cause?: unknown): never {
  throw new Refusal(code, detail, cause)
}

// Details quote what strangers sent. A log line stays one line, and a short one.
const quotable = (text: string): string => text.replace(/[^\x20-\x7E\u00A1-\uD7FF\uE000-\uFFFD]/g, ' ').slice(0, 300)

/** Runs a reader and turns its refusal into an answer. Anything else that is thrown is a defect of ours and stays an error. */
export function settled<T extends { readonly ok: true }>(read: () => T): T | Refused {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code, detail: quotable(error.message) }
    throw error
  }
}
