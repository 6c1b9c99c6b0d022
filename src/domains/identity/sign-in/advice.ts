// What a refusal means and what to do about it, by its exact code: on the page of a test sign-in, on the set-up page, and as the table
// of docs/sign-in/README.md.

export interface Advice {
  /** Exact codes; one that ends with `*` stands for all that begin so. */
  readonly codes: readonly string[]
  readonly means: string
  readonly todo: string
}

export const ADVICE: readonly Advice[] = [
  { codes: ['no_account'], means: 'the provider is right, and there is no account', todo: 'provision the person by SCIM, or turn on `hasJit`' },
  { codes: ['not_in_directory'], means: 'accounts come by SCIM, and the directory has not announced this person', todo: 'assign the person to the application in the directory' },
  { codes: ['foreign_domain'], means: 'the address is of no verified domain of this connection', todo: 'verify the domain' },
  { codes: ['no_email', 'email_unverified'], means: 'the provider gave no e-mail address that can be used', todo: 'release the e-mail address to this application, and have it verified at the provider' },
  { codes: ['user_name_taken'], means: 'an account of that name exists and belongs to nobody at this provider', todo: 'let the directory provision the person, or rename the account' },
  { codes: ['account_suspended', 'account_deactivated'], means: 'the account is closed', todo: 'resume it, or leave it' },
  { codes: ['wrong_person'], means: 'somebody else came back than the one who had to prove to be here', todo: 'sign out at the provider, and try it as the right person' },
  { codes: ['connection_closed'], means: 'the connection is not active', todo: 'test and activate it' },
  { codes: ['wrong_kind', 'no_client_secret', 'no_signing_key'], means: 'the connection is incomplete', todo: 'enter the settings and the client secret again' },
  { codes: ['unknown_state', 'state_missing', 'state_wrong', 'unsolicited', 'wrong_in_response_to', 'ticket_used', 'replayed', 'jti_missing'], means: 'the answer was too old, used before, or of another browser', todo: 'sign in again, in one browser, without the back button' },
  {
    codes: ['wrong_audience', 'wrong_issuer', 'wrong_destination', 'wrong_recipient', 'aud_*', 'azp_*', 'iss_*', 'issuer_*'], means: 'the two sides name each other differently',
    todo: 'compare issuer, client ID, entity ID and addresses with those at the provider, letter by letter',
  },
  { codes: ['foreign_key', 'bad_signature', 'signature_invalid', 'key_*', 'keys_malformed', 'no_usable_certificate', 'no_certificate'], means: 'it was signed with a key that is not the provider\'s as we know it', todo: 'import the current metadata, or approve the new certificate by its fingerprint' },
  { codes: ['expired', 'not_yet_valid', 'iat_*', 'exp_missing', 'too_old', 'lives_too_long', 'malformed_time'], means: 'the clocks differ', todo: 'correct the provider\'s clock, and use a usual lifetime for its answers' },
  { codes: ['client_refused', 'client_key_invalid', 'client_unknown', 'client_wrong'], means: 'the provider does not accept the client ID with its secret', todo: 'copy both again, as one pair; secrets expire, and a copied ID of a secret is not the secret' },
  { codes: ['provider_error', 'grant_refused', 'token_error', 'bad_status', 'code_missing'], means: 'the provider refused, and says why in the detail', todo: 'assign the person to the application, and check its redirect URI or consumer service at the provider' },
  { codes: ['tid_*', 'oid_missing', 'hd_*'], means: 'the person is of another directory or Workspace than this connection is for', todo: 'try it with an account of your own directory, or correct the tenant ID or the domains' },
  { codes: ['acr_insufficient', 'auth_time_missing', 'auth_too_old', 'wrong_authn_context'], means: 'the provider did not check the person as strongly or as lately as was asked', todo: 'require the stronger sign-in for this application at the provider' },
  { codes: ['no_name_id', 'sub_*'], means: 'the provider does not say who it is', todo: 'send a NameID, best as persistent; for OpenID Connect, a `sub`' },
  { codes: ['unsigned', 'response_unsigned', 'not_encrypted', 'cannot_decrypt', 'weak_*', 'alg_forbidden', 'token_encrypted', 'no_common_algorithm', 'pkce_unsupported'], means: 'the answer is not signed or encrypted in a way that is safe', todo: 'sign with SHA-256 or better (RS256, ES256), and encrypt with AES-GCM and RSA-OAEP or not at all' },
  { codes: ['token_malformed', 'token_duplicate_member', 'token_response_malformed', 'id_token_missing'], means: 'the provider\'s token endpoint answers something that is no sound ID token', todo: 'check the issuer, and that the application is one of OpenID Connect, not of plain OAuth' },
  { codes: ['discovery_*', 'token_*', 'jwks_*', 'endpoint_*', 'metadata_malformed', 'insecure_url', 'no_endpoint', 'several_entities'], means: 'an address of the provider cannot be reached or answers something else', todo: 'open the issuer with /.well-known/openid-configuration behind it in a browser: it must be there, by https and from the internet' },
  { codes: ['*'], means: 'the answer is not well formed, or more than one thing could be read from it', todo: 'give the code, the detail and the request number to the maker of the provider, or to us' },
]

const fits = (pattern: string, code: string): boolean => (pattern.endsWith('*') ? code.startsWith(pattern.slice(0, -1)) : pattern === code)

/** The advice for a code: there is one for each, the last if no other fits. */
export const adviceFor = (code: string): Advice => ADVICE.find(({ codes }) => codes.some((pattern) => fits(pattern, code))) ?? { codes: [], means: '', todo: '' }

/** As a sentence of a page, where backquotes mean nothing. */
export const inWords = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1).replaceAll('`', '')}.`

/** The table of the guide, row by row. */
export const adviceTable = (): string =>
  ['| code | what it means | what to do |', '|---|---|---|', ...ADVICE.map(({ codes, means, todo }) => `| ${codes.map((code) => (code === '*' ? 'any other' : `\`${code}\``)).join(', ')} | ${means} | ${todo} |`)].join('\n')
