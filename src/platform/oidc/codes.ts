import { OUTBOUND_CODES, type OutboundCode, type OutboundRefusal } from '../outbound/codes.ts'

/** Which of the provider's addresses was asked when the way out refused. */
const ASKED = ['discovery', 'token', 'jwks'] as const
type Asked = (typeof ASKED)[number]

const OWN_CODES = [
  // Discovery.
  'issuer_invalid', 'issuer_foreign', 'metadata_malformed', 'endpoint_missing', 'endpoint_forbidden', 'no_common_algorithm', 'pkce_unsupported', 'code_flow_unsupported',
  // The way back from the provider, through the browser.
  'callback_malformed', 'state_missing', 'state_wrong', 'iss_parameter_missing', 'iss_parameter_wrong', 'provider_error', 'code_missing',
  // The token endpoint.
  'client_key_invalid', 'grant_refused', 'client_refused', 'token_error', 'token_response_malformed', 'id_token_missing',
  // A token's form, header and signature.
  'token_malformed', 'token_encrypted', 'token_duplicate_member', 'typ_wrong', 'alg_forbidden', 'header_forbidden', 'key_unknown', 'key_ambiguous', 'key_invalid', 'keys_malformed', 'signature_invalid',
  // A token's claims.
  'claim_malformed', 'iss_missing', 'iss_wrong', 'sub_missing', 'sub_malformed', 'sub_wrong', 'aud_missing', 'aud_foreign', 'azp_missing', 'azp_foreign', 'exp_missing', 'expired',
  'lives_too_long', 'iat_missing', 'iat_future', 'too_old', 'not_yet_valid', 'nonce_missing', 'nonce_wrong', 'at_hash_wrong', 'auth_time_missing', 'auth_too_old', 'acr_insufficient', 'jti_missing',
  // Back-channel logout.
  'nonce_present', 'event_missing', 'sid_and_sub_missing',
  // Who it is.
  'tid_missing', 'tid_foreign', 'oid_missing', 'hd_missing', 'hd_foreign', 'email_unverified',
  // A client that asks our own token endpoint.
  'client_unknown', 'client_wrong',
  // openid-client found something that our own gate did not.
  'second_opinion',
] as const

export type OidcCode = (typeof OWN_CODES)[number] | `${Asked}_${OutboundCode}`

/** Every reason for a refusal, exact: meant for the organization's own sign-in log. Outwards there is one answer for all of them. */
export const OIDC_CODES: readonly OidcCode[] = [...OWN_CODES, ...ASKED.flatMap((asked) => OUTBOUND_CODES.map((code) => `${asked}_${code}` as const))]

export interface OidcRefused {
  readonly ok: false
  readonly code: OidcCode
  /** One sentence for the organization's administrator. */
  readonly detail: string
}

/** Thrown inside this folder only; every public function turns it into a value. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: OidcCode
  constructor(code: OidcCode, detail: string) {
    super(detail)
    this.code = code
  }
}

export const unreachable = (asked: Asked, { code, detail }: OutboundRefusal): Refusal => new Refusal(`${asked}_${code}`, detail)

/** Finds our own refusal under whatever a library wrapped around it. */
export function refusalIn(error: unknown): Refusal | null {
  let inner: unknown = error
  for (let depth = 0; depth < 8 && inner instanceof Error; depth += 1) {
    if (inner instanceof Refusal) return inner
    inner = inner.cause
  }
  return null
}

/** Runs a check; its refusal becomes a value, a defect of ours stays an error. */
export async function attempt<T extends { readonly ok: true }>(work: () => Promise<T>): Promise<T | OidcRefused> {
  try {
    return await work()
  } catch (error) {
    const refusal = refusalIn(error)
    if (refusal === null) throw error
    return { ok: false, code: refusal.code, detail: refusal.message }
  }
}
