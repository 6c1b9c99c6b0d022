import { isList } from '../../kernel/json.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { type Algorithm, ALGORITHMS } from './algorithms.ts'
import { attempt, type OidcRefused, Refusal, unreachable } from './codes.ts'
import { type JsonObject, readObject } from './strict-json.ts'

/** What we need to know about an OpenID provider. Plain data: it may be kept as JSON and read again. */
export interface Provider {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly endSessionEndpoint: string | null
  /** What the provider offers and we accept; never empty. */
  readonly algorithms: readonly Algorithm[]
  /** The provider names itself on the way back (RFC 9207), so that an answer without its name is refused. */
  readonly namesItself: boolean
}

const ISSUER_LENGTH_MAX = 512
const WELL_KNOWN = '/.well-known/openid-configuration'

/** Reads a provider's own description, and refuses one that we could not trust or talk to. */
export function discover(issuer: string, outbound: Outbound): Promise<{ readonly ok: true; readonly provider: Provider } | OidcRefused> {
  return attempt(async () => {
    checkIssuer(issuer, outbound)
    const answer = await outbound.fetch(issuer.replace(/\/$/, '') + WELL_KNOWN, { headers: { accept: 'application/json' }, contentTypes: ['application/json'] })
    if (!answer.ok) throw unreachable('discovery', answer)
    const document = answer.status === 200 ? readObject(answer.body) : 'malformed'
    if (typeof document === 'string') throw new Refusal('metadata_malformed', 'There is no valid description of a provider at the issuer.')
    return { ok: true, provider: providerOf(document, issuer, outbound) }
  })
}

function checkIssuer(issuer: string, outbound: Outbound): void {
  if (issuer.length > ISSUER_LENGTH_MAX || /[?#]/.test(issuer)) throw new Refusal('issuer_invalid', 'An issuer is an https address without query and fragment.')
  const wrong = outbound.refusalOf(issuer)
  if (wrong === null) return
  throw wrong.code === 'address_forbidden' ? unreachable('discovery', wrong) : new Refusal('issuer_invalid', wrong.detail)
}

function providerOf(document: JsonObject, issuer: string, outbound: Outbound): Provider {
  // Character by character: a provider that may speak in the name of another is how tenants are mixed up.
  if (document['issuer'] !== issuer) throw new Refusal('issuer_foreign', 'The description found at the issuer is that of another issuer.')
  const endpoint = (name: string): string | null => {
    const value = document[name]
    if (value === undefined || value === null) return null
    const wrong = typeof value === 'string' ? outbound.refusalOf(value) : null
    if (typeof value !== 'string' || wrong !== null) throw new Refusal('endpoint_forbidden', `${name}: ${wrong?.detail ?? 'not an address.'}`)
    return value
  }
  const needed = (name: string): string => {
    const value = endpoint(name)
    if (value === null) throw new Refusal('endpoint_missing', `The provider has no ${name}.`)
    return value
  }
  const provider: Omit<Provider, 'algorithms'> = {
    issuer,
    authorizationEndpoint: needed('authorization_endpoint'),
    tokenEndpoint: needed('token_endpoint'),
    jwksUri: needed('jwks_uri'),
    endSessionEndpoint: endpoint('end_session_endpoint'),
    namesItself: document['authorization_response_iss_parameter_supported'] === true,
  }
  if (listOf(document, 'response_types_supported', ['code']).every((type) => type !== 'code')) throw new Refusal('code_flow_unsupported', 'The provider does not offer the code flow.')
  // Entra ID offers PKCE without saying so; a provider that names its methods and leaves S256 out does not offer it.
  if (!listOf(document, 'code_challenge_methods_supported', ['S256']).includes('S256')) throw new Refusal('pkce_unsupported', 'The provider does not offer PKCE with S256.')
  const offered = listOf(document, 'id_token_signing_alg_values_supported', ['RS256'])
  const algorithms = ALGORITHMS.filter((algorithm) => offered.includes(algorithm))
  if (algorithms.length === 0) throw new Refusal('no_common_algorithm', `The provider signs with none of ${ALGORITHMS.join(', ')}.`)
  return { ...provider, algorithms }
}

function listOf(document: JsonObject, name: string, absent: readonly string[]): readonly unknown[] {
  const value = document[name]
  if (value === undefined) return absent
  if (!isList(value)) throw new Refusal('metadata_malformed', `${name} is not a list.`)
  return value
}
