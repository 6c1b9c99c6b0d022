// The token endpoint (RFC 6749 §4.4, RFC 7523): from an assertion signed by a machine client to a token of ten minutes. Outwards every
// refusal of a client is the same; the exact reason is in the organization's own log.
import { PERMISSIONS, type Ctx } from '../../../kernel/access.ts'
import { idOf, isUuid, type OrganizationId } from '../../../kernel/ids.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import { isWithin } from '../../../platform/http/addresses.ts'
import { json, type Page, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { createKeyRings, readClientAssertion, type KeyRings } from '../../../platform/oidc/index.ts'
import type { IdentityParts } from '../parts.ts'
import { authorityOfRoles, heldRolesOfWriter } from '../roles/held.ts'
import { effectivePermissions } from '../rules.ts'
import { Refusal } from '../sign-in/facts.ts'
import { saveAttempt, type SignInTx } from '../sign-in/store.ts'
import { CLIENT_ALGORITHMS, TOKEN_SECONDS } from './contract.ts'
import { tokenEndpoint } from './decide.ts'
import * as store from './store.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ERRORS = { invalid_request: 400, invalid_client: 401, invalid_grant: 400, invalid_scope: 400, unsupported_grant_type: 400, temporarily_unavailable: 503 } as const
type TokenError = keyof typeof ERRORS

/** Why no token is given: `error` outwards, `code` for the log. */
class Refused extends Refusal {
  readonly error: TokenError
  constructor(error: TokenError, code: string, detail: string) {
    super(code, detail)
    this.error = error
  }
}

/** RFC 6749 §5.2. One sentence, whatever it was: what would help the owner of a client helps whoever probes it too. */
function errorAnswer(error: TokenError, status: number = ERRORS[error]): PageAnswer {
  return json({ error, error_description: 'No token was given. The sign-in log of the organization says why, under the number in the header Request-Id.' }, {
    status, headers: { pragma: 'no-cache', ...(status === 401 ? { 'www-authenticate': 'Bearer error="invalid_client"' } : {}), ...(status === 405 ? { allow: 'POST' } : {}) },
  })
}
const problemAnswer = ({ code, status }: Problem): PageAnswer => errorAnswer(status === 429 || code === 'unavailable' ? 'temporarily_unavailable' : 'invalid_request', status)

interface Asked {
  readonly assertion: string
  readonly clientId: string | null
  /** Null: everything the client may do. */
  readonly scopes: readonly string[] | null
}
const SCOPE = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/

/** Reads the form. A parameter that is there twice, or in the address, is refused: two programs would read it in two ways. */
function askedIn({ form, rawQuery }: PageRequest): Asked {
  const names = [...form.keys()]
  if (rawQuery !== '' || new Set(names).size !== names.length) throw new Refused('invalid_request', 'duplicate_parameter', 'A parameter is there twice, or in the address.')
  const valueOf = (name: string): string | null => form.get(name) || null
  const grant = valueOf('grant_type')
  if (grant === null) throw new Refused('invalid_request', 'grant_missing', 'There is no grant_type.')
  if (grant !== 'client_credentials') throw new Refused('unsupported_grant_type', 'grant_unknown', 'Only client_credentials is supported.')
  const assertion = valueOf('client_assertion')
  if (valueOf('client_assertion_type') !== ASSERTION_TYPE || assertion === null || form.has('client_secret')) throw new Refused('invalid_client', 'assertion_missing', 'The client must prove itself by private_key_jwt.')
  const scope = valueOf('scope')
  if (scope !== null && (scope.length > 4000 || !SCOPE.test(scope))) throw new Refused('invalid_scope', 'scope_malformed', 'The scope is no list of permissions.')
  return { assertion, clientId: valueOf('client_id'), scopes: scope === null ? null : [...new Set(scope.split(' '))] }
}

/** The organization in which a client was found, before it has proved anything. */
interface Home {
  readonly organizationId: OrganizationId
  readonly client: store.ClientRow
}
type TokenCtx = Ctx<'identity:write' | 'members:write'>

class Exchange {
  readonly #parts: IdentityParts
  readonly #rings: KeyRings
  readonly #request: PageRequest
  #home: Home | null = null

  constructor(parts: IdentityParts, rings: KeyRings, request: PageRequest) {
    this.#parts = parts
    this.#rings = rings
    this.#request = request
  }

  async answer(): Promise<PageAnswer> {
    try {
      return await this.#token(askedIn(this.#request))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (this.#home !== null) await this.#write(this.#home.organizationId, (tx) => this.#note(tx, error.code, error.message))
      return errorAnswer(error instanceof Refused ? error.error : 'invalid_client')
    }
  }

  async #token(asked: Asked): Promise<PageAnswer> {
    const { origin } = this.#request
    const proved = await readClientAssertion(asked.assertion, {
      audiences: [tokenEndpoint(origin), origin], keysOf: (id) => this.#keysOf(id), nowMs: this.#parts.nowMs, ...(asked.clientId === null ? {} : { clientId: asked.clientId }),
    })
    if (!proved.ok) throw new Refused('invalid_client', proved.code, proved.detail)
    const home = this.#home
    if (home === null) throw new Refused('invalid_client', 'client_unknown', 'There is no such client.')
    const secret = newKey('s')
    const { seconds, scopes } = await this.#write(home.organizationId, async (tx) => {
      const client = await this.#held(tx, home)
      if (!(await store.useAssertion(tx, client.id, keyDigest(proved.jti), proved.expiresAt))) throw new Refused('invalid_client', 'assertion_replayed', 'The assertion was used before.')
      const granted = await scopesFor(tx, client, asked.scopes)
      const { address, userAgent } = this.#request
      await this.#note(tx, 'ok', granted.join(' '))
      return { scopes: granted, seconds: await store.insertToken(tx, client, { digest: keyDigest(secret), scopes: granted, address, userAgent, seconds: TOKEN_SECONDS }) }
    }, home.client)
    return json({ access_token: secret, token_type: 'Bearer', expires_in: seconds, scope: scopes.join(' ') }, { headers: { pragma: 'no-cache' } })
  }

  /** Finds the client that the assertion names, and its keys. */
  async #keysOf(id: string): Promise<unknown> {
    const organizationId = isUuid(id) ? await this.#parts.database.homeOf({ clientId: id }) : null
    const client = organizationId === null ? null : await this.#write(organizationId, (tx) => store.findClient(tx, id))
    if (organizationId === null || client === null) return null
    this.#home = { organizationId, client }
    this.#judge(client)
    // By client, so that what one organization's settings led to is never used for another's.
    if (client.jwksUri !== null) return this.#rings.of({ issuer: client.id, jwksUri: client.jwksUri })
    return { keys: [...(client.jwks?.keys ?? []), ...(client.retiringJwks?.keys ?? [])] }
  }

  /** As it is now; a client that was changed while its assertion was checked may ask again. */
  async #held(tx: SignInTx, { client }: Home): Promise<store.ClientRow> {
    const now = await store.holdForToken(tx, client.id)
    if (now === null || now.rowVersion !== client.rowVersion) throw new Refused('invalid_client', 'client_changed', 'The client was changed in the same moment.')
    return this.#judge(now)
  }

  #judge(client: store.ClientRow): store.ClientRow {
    if (client.status !== 'live') throw new Refused('invalid_client', `client_${client.status}`, `The client is ${client.status}.`)
    if (client.cidrs.length > 0 && !isWithin(this.#request.address, client.cidrs)) throw new Refused('invalid_client', 'address_foreign', 'The request came from outside of the networks of the client.')
    return client
  }

  #write<T>(organizationId: OrganizationId, work: (tx: SignInTx) => Promise<T>, client?: store.ClientRow): Promise<T> {
    const ctx: TokenCtx = systemContext({
      organizationId, permissions: ['identity:write', 'members:write'], operation: 'identity.token', requestId: this.#request.requestId,
      ...(client === undefined ? {} : { actor: { kind: 'service' as const, id: idOf<'Actor'>(client.serviceAccountId), name: client.serviceAccountName } }),
    })
    return this.#parts.database.housekeep(ctx, work)
  }

  #note(tx: SignInTx, outcome: string, detail: string): Promise<unknown> {
    const { address, userAgent, requestId } = this.#request
    return saveAttempt(tx, { connectionId: null, purpose: 'token', outcome, detail, subject: this.#home?.client.id ?? null, userId: null, address, userAgent, requestId })
  }
}

/** What the token may do: what was asked for, all of which the client must hold now; everything it holds when nothing was said. */
async function scopesFor(tx: SignInTx, client: store.ClientRow, asked: readonly string[] | null): Promise<readonly string[]> {
  if (client.accountStatus !== 'active') throw new Refused('invalid_grant', 'account_deactivated', 'The service account of the client is deactivated.')
  const { permissions } = authorityOfRoles(await heldRolesOfWriter(tx, client.serviceAccountId))
  const mine: readonly string[] = effectivePermissions(permissions, client.scopes)
  if (mine.length === 0) throw new Refused('invalid_grant', 'no_permission', 'The service account of the client may do nothing of what the client is for.')
  const beyond = (asked ?? []).filter((scope) => !mine.includes(scope))
  if (beyond.length > 0) throw new Refused('invalid_scope', 'scope_beyond', `The client may not ask for ${beyond.join(' ')}.`)
  return PERMISSIONS.filter((permission) => mine.includes(permission) && (asked === null || asked.includes(permission)))
}

export function clientPages(parts: IdentityParts): readonly Page[] {
  const rings = createKeyRings(parts.outbound, parts.nowMs)
  const endpoint = { path: '/oauth/token', from: 'anywhere', speaksTo: 'machine', fails: problemAnswer } as const
  return [
    { ...endpoint, name: 'identity.token', method: 'POST', accepts: 'form', handle: (request) => new Exchange(parts, rings, request).answer() },
    { ...endpoint, name: 'identity.tokenByAddress', method: 'GET', accepts: 'none', handle: () => Promise.resolve(errorAnswer('invalid_request', 405)) },
    { name: 'identity.tokenMetadata', method: 'GET', path: '/.well-known/oauth-authorization-server', accepts: 'none', from: 'anywhere', speaksTo: 'machine', handle: ({ origin }) => Promise.resolve(json(metadata(origin))) },
  ]
}

/** RFC 8414. */
const metadata = (origin: string) => ({
  issuer: origin, token_endpoint: tokenEndpoint(origin), grant_types_supported: ['client_credentials'], response_types_supported: [], scopes_supported: PERMISSIONS,
  token_endpoint_auth_methods_supported: ['private_key_jwt'], token_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
})
