// The demo's OpenID provider: the real `oidc-provider`, with a page that asks who you are instead of for a password.
import type { IncomingMessage, ServerResponse } from 'node:http'
import Provider, { type Configuration, type JWK } from 'oidc-provider'
import { memoryAdapter } from './memory.ts'
import { errorPage, logoutPage, signedOutPage } from './pages.ts'
import type { DemoCompany } from './people.ts'

export interface OidcClient {
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  readonly backchannelLogoutUri: string
  readonly afterSignOut: string
  /** Our public key, copied from where we publish it: the provider goes to no address of its own machine. Without it the secret proves who we are. */
  readonly jwks?: { keys: JWK[] }
}
export interface OidcState {
  readonly jwk: JWK
  readonly cookieKey: string
}

export interface DemoOidc {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Ends a sign-in begun at `/interaction/{uid}` as this person. */
  choose(request: IncomingMessage, response: ServerResponse, subject: string): Promise<void>
}

export function createDemoOidc(issuer: string, company: DemoCompany, state: OidcState, client: OidcClient): DemoOidc {
  const provider = new Provider(issuer, configurationOf(company, state, client))
  const handle = provider.callback()
  return {
    handle: (request, response) => void handle(request, response),
    choose: async (request, response, subject) => {
      await provider.interactionFinished(request, response, { login: { accountId: subject, remember: true } }, { mergeWithLastSubmission: false })
    },
  }
}

/** By our key at its address where the connection says so, else by the secret. */
const authOf = ({ jwks }: OidcClient) => (jwks === undefined ? { token_endpoint_auth_method: 'client_secret_basic' as const } : { token_endpoint_auth_method: 'private_key_jwt' as const, token_endpoint_auth_signing_alg: 'ES256' as const, jwks })

const configurationOf = (company: DemoCompany, { jwk, cookieKey }: OidcState, client: OidcClient): Configuration => ({
  clients: [{
    client_id: client.clientId, client_secret: client.clientSecret, ...authOf(client), redirect_uris: [client.redirectUri], response_types: ['code'], grant_types: ['authorization_code'],
    id_token_signed_response_alg: 'ES256', backchannel_logout_uri: client.backchannelLogoutUri, post_logout_redirect_uris: [client.afterSignOut],
  }],
  adapter: memoryAdapter(),
  renderError: (context, out) => {
    context.type = 'html'
    context.body = errorPage(`The request was refused: ${out.error}. ${out.error_description ?? ''}`)
  },
  jwks: { keys: [jwk] },
  cookies: { keys: [cookieKey] },
  claims: { openid: ['sub', 'auth_time', 'acr'], profile: ['name'], email: ['email', 'email_verified'] },
  // Claims stand in the ID token, which is signed; what a user info endpoint says is not.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (context, form) => {
        context.type = 'html'
        context.body = logoutPage(company, form)
      },
      postLogoutSuccessSource: (context) => {
        context.type = 'html'
        context.body = signedOutPage(company)
      },
    },
    backchannelLogout: { enabled: true },
  },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, subject) => {
    const person = company.people.find((each) => each.subject === subject)
    return person === undefined ? undefined : { accountId: subject, claims: () => ({ sub: subject, name: person.name, email: person.email, email_verified: true }) }
  },
  // Nobody is asked whether they agree: the company's administrator has, by setting the connection up.
  loadExistingGrant: async (context) => {
    const { client: asking, session, provider } = context.oidc
    if (asking === undefined || session?.accountId === undefined) return undefined
    const grant = new provider.Grant({ clientId: asking.clientId, accountId: session.accountId })
    grant.addOIDCScope('openid profile email')
    await grant.save()
    return grant
  },
  ttl: { Interaction: 600, Session: 3600, Grant: 3600, IdToken: 300, AccessToken: 300 },
})
