import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { type ClientAuth as LibraryAuth, ClientSecretBasic, ClientSecretPost, modifyAssertion, PrivateKeyJwt } from 'openid-client'
import { isRecord } from '../../kernel/json.ts'
import { isAlgorithm } from './algorithms.ts'
import { Refusal } from './codes.ts'
import type { Provider } from './discover.ts'

/** How we prove to a provider that we are its client. */
export type ClientAuth =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | {
      readonly method: 'private_key_jwt'
      /** A private JWK with `kid` and `alg`, as `newClientKey` makes it. */
      readonly key: unknown
      /** Whom the assertion is for. The issuer is the safer answer; Entra ID and some others want the address they were asked at. */
      readonly audience?: 'issuer' | 'token_endpoint'
    }

export interface ClientKey {
  /** To be sealed and kept. */
  readonly privateJwk: Readonly<Record<string, unknown>>
  /** To be published in our key set. */
  readonly publicJwk: Readonly<Record<string, unknown>>
}

/** A new key pair (ES256) for private_key_jwt. */
export async function newClientKey(kid: string): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const about = { kid, alg: 'ES256', use: 'sig' }
  return { privateJwk: { ...(await exportJWK(privateKey)), ...about }, publicJwk: { ...(await exportJWK(publicKey)), ...about } }
}

async function privateKeyOf(jwk: unknown): Promise<{ readonly key: CryptoKey; readonly kid: string }> {
  if (!isRecord(jwk) || typeof jwk['kid'] !== 'string' || !isAlgorithm(jwk['alg'])) throw new Refusal('client_key_invalid', 'Our key for this provider is not a private key with kid and alg.')
  try {
    // Whatever is missing or of the wrong type is refused by the import.
    const key = await importJWK(jwk as unknown as JWK, jwk['alg'])
    if (!(key instanceof Uint8Array) && key.type === 'private') return { key, kid: jwk['kid'] }
  } catch {
    // Said below, with the case in which it is a key of another kind.
  }
  throw new Refusal('client_key_invalid', 'Our key for this provider cannot be used.')
}

/** The way of openid-client for a way of ours. Throws Refusal. */
export async function libraryAuthOf(auth: ClientAuth, provider: Provider): Promise<LibraryAuth> {
  if (auth.method !== 'private_key_jwt' && auth.secret === '') throw new Refusal('client_key_invalid', 'Our secret for this provider is empty.')
  switch (auth.method) {
    case 'client_secret_basic':
      return ClientSecretBasic(auth.secret)
    case 'client_secret_post':
      return ClientSecretPost(auth.secret)
    case 'private_key_jwt': {
      const audience = auth.audience === 'token_endpoint' ? provider.tokenEndpoint : provider.issuer
      return PrivateKeyJwt(await privateKeyOf(auth.key), {
        [modifyAssertion]: (_header, payload) => {
          payload['aud'] = audience
        },
      })
    }
  }
}
