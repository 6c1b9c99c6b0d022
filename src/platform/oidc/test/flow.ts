import type { AddressResolver } from '../../outbound/resolver.ts'
import { createOutbound, type Outbound, type OutboundOptions } from '../../outbound/outbound.ts'
import { beginSignIn, type SignInRequest } from '../begin.ts'
import type { ClientAuth } from '../client-auth.ts'
import type { OidcRefused } from '../codes.ts'
import { discover } from '../discover.ts'
import { finishSignIn, type SignInFinished } from '../finish.ts'
import { createKeyRings, type KeyRings } from '../keys.ts'
import { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, type Rogue } from './rogue.ts'

/** Names that lead inside, as a customer's own DNS could say. */
const resolve: AddressResolver = async (name) => (name === 'inside.example' ? ['10.0.0.5'] : ['127.0.0.1'])

/** The demo's settings: this machine, without TLS. */
export const localOutbound = (options: OutboundOptions = {}): Outbound => createOutbound({ allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1'], resolve, ...options })

export interface Flow {
  readonly outbound?: Outbound
  readonly keys?: KeyRings
  readonly auth?: ClientAuth
  readonly request?: Partial<SignInRequest>
  readonly maxAge?: number
  readonly acrValues?: readonly string[]
  readonly nowMs?: () => number
  readonly codeVerifier?: string
  readonly callback?: (url: string) => string
}

/** A whole sign-in, as the product does it: discover, begin, the browser's way, finish. */
export async function signIn(rogue: Rogue, flow: Flow = {}): Promise<SignInFinished | OidcRefused> {
  const outbound = flow.outbound ?? localOutbound()
  const discovered = await discover(rogue.issuer, outbound)
  if (!discovered.ok) return discovered
  const { provider } = discovered
  const begun = await beginSignIn({ provider, clientId: CLIENT_ID, redirectUri: REDIRECT_URI, scopes: ['email'], ...flow.request })
  const back = rogue.visit(begun.url)
  const { maxAge, acrValues } = flow
  return finishSignIn(
    {
      provider,
      clientId: CLIENT_ID,
      auth: flow.auth ?? { method: 'client_secret_basic', secret: CLIENT_SECRET },
      callbackUrl: flow.callback?.(back) ?? back,
      expected: { ...begun, codeVerifier: flow.codeVerifier ?? begun.codeVerifier, redirectUri: REDIRECT_URI, ...(maxAge === undefined ? {} : { maxAge }), ...(acrValues === undefined ? {} : { acrValues }) },
    },
    { outbound, keys: flow.keys ?? createKeyRings(outbound, flow.nowMs), ...(flow.nowMs === undefined ? {} : { nowMs: flow.nowMs }) },
  )
}

export const verdict = (result: { readonly ok: true } | OidcRefused): string => (result.ok ? 'accepted' : result.code)
