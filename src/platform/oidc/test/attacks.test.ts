// A provider that attacks. Every row first shows that the honest version is accepted, so that a refusal says something.
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OutboundOptions } from '../../outbound/outbound.ts'
import type { OidcCode } from '../codes.ts'
import { localOutbound, signIn, verdict } from './flow.ts'
import { jwkOf, mint, type Pair, rsaPair } from './mint.ts'
import { CLIENT_ID, CLIENT_SECRET, json, type Minting, openRogue, type Rogue, type Twist } from './rogue.ts'

let rogue: Rogue
let neighbour: Rogue
beforeAll(async () => {
  rogue = await openRogue()
  neighbour = await openRogue()
})
afterAll(async () => {
  await rogue.close()
  await neighbour.close()
})

interface Attack {
  readonly name: string
  readonly code: OidcCode
  readonly twist?: Twist | (() => Twist)
  /** What the sign-in asks for, in the honest version too. */
  readonly maxAge?: number
  readonly acrValues?: readonly string[]
  readonly codeVerifier?: string
  readonly outbound?: OutboundOptions
}

async function run(attack: Attack): Promise<{ honest: string; attacked: string }> {
  const asked = { ...(attack.maxAge === undefined ? {} : { maxAge: attack.maxAge }), ...(attack.acrValues === undefined ? {} : { acrValues: attack.acrValues }) }
  rogue.twist = {}
  const honest = verdict(await signIn(rogue, asked))
  rogue.twist = typeof attack.twist === 'function' ? attack.twist() : (attack.twist ?? {})
  const attacked = verdict(await signIn(rogue, { ...asked, outbound: localOutbound(attack.outbound), ...(attack.codeVerifier === undefined ? {} : { codeVerifier: attack.codeVerifier }) }))
  rogue.twist = {}
  return { honest, attacked }
}

const seconds = (): number => Math.floor(Date.now() / 1000)
const stranger: Pair = rsaPair('rsa-1')
const weak: Pair = rsaPair('weak', 'RS256', 1024)
const forged = (header: (minting: Minting) => Record<string, unknown>, key?: (minting: Minting) => Minting['key'] | string, alg?: string): Twist => ({
  mint: (minting) => mint({ ...minting.header, ...header(minting) }, minting.claims, key?.(minting) ?? minting.key, alg ?? minting.alg),
})
const pem = ({ pairs: [pair] }: Minting): string => String(pair?.publicKey.export({ type: 'spki', format: 'pem' }) ?? '')
const der = ({ pairs: [pair] }: Minting): string => String(pair?.publicKey.export({ type: 'pkcs1', format: 'pem' }) ?? '')
const tampered = (change: (parts: readonly string[]) => string): Twist => ({ mint: ({ header, claims, key, alg }) => change(mint(header, claims, key, alg).split('.')) })
const rewritten = (part: string | undefined, change: (text: string) => string): string => Buffer.from(change(Buffer.from(part ?? '', 'base64url').toString())).toString('base64url')
/** Claims or a header written as text and properly signed. */
const asText = (write: (minting: Minting) => { readonly header?: string; readonly claims?: string }): Twist => ({
  mint: (minting) => {
    const { header, claims } = write(minting)
    return mint(header ?? minting.header, claims ?? minting.claims, minting.key, minting.alg)
  },
})

const signatures: readonly Attack[] = [
  { name: 'alg none, unsigned', code: 'alg_forbidden', twist: forged(() => ({ alg: 'none' }), undefined, 'none') },
  { name: 'alg nOnE', code: 'alg_forbidden', twist: forged(() => ({ alg: 'nOnE' }), undefined, 'none') },
  { name: 'alg none with a signature', code: 'alg_forbidden', twist: forged(() => ({ alg: 'none' })) },
  { name: 'alg missing', code: 'alg_forbidden', twist: forged(() => ({ alg: undefined })) },
  { name: 'alg as a list', code: 'alg_forbidden', twist: forged(() => ({ alg: ['RS256'] })) },
  { name: 'HS256 with the public key (SPKI) as the secret', code: 'alg_forbidden', twist: forged(() => ({ alg: 'HS256' }), pem, 'HS256') },
  { name: 'HS256 with the public key (PKCS 1) as the secret', code: 'alg_forbidden', twist: forged(() => ({ alg: 'HS256' }), der, 'HS256') },
  { name: 'HS256 with our client secret', code: 'alg_forbidden', twist: forged(() => ({ alg: 'HS256' }), () => CLIENT_SECRET, 'HS256') },
  { name: 'an algorithm the provider did not announce', code: 'alg_forbidden', twist: forged(() => ({ alg: 'RS512' }), undefined, 'RS512') },
  { name: 'RS256 in the header, RS512 in the signature', code: 'signature_invalid', twist: forged(() => ({}), undefined, 'RS512') },
  { name: 'one bit of the signature', code: 'signature_invalid', twist: tampered(([header, payload, signature = '']) => `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`) },
  { name: 'no signature', code: 'signature_invalid', twist: tampered(([header, payload]) => `${header}.${payload}.`) },
  { name: 'the signature of another token', code: 'signature_invalid', twist: { mint: ({ header, claims, key, alg }) => [...mint(header, claims, key, alg).split('.').slice(0, 2), mint(header, { ...claims, sub: 'eve' }, key, alg).split('.')[2]].join('.') } },
  { name: 'claims changed after signing', code: 'signature_invalid', twist: tampered(([header, payload, signature]) => `${header}.${rewritten(payload, (claims) => claims.replace('anna', 'boss'))}.${signature}`) },
  { name: 'header changed after signing', code: 'signature_invalid', twist: tampered(([header, payload, signature]) => `${rewritten(header, (text) => text.replace('"JWT"', '"jwt"'))}.${payload}.${signature}`) },
  { name: 'a stranger’s key under the same id', code: 'signature_invalid', twist: forged(() => ({}), () => stranger.privateKey) },
  { name: 'the other key of the provider', code: 'signature_invalid', twist: forged(() => ({ kid: 'rsa-2' })) },
  { name: 'an unknown key id', code: 'key_unknown', twist: forged(() => ({ kid: 'rsa-99' })) },
  { name: 'a key id like a path', code: 'key_unknown', twist: forged(() => ({ kid: '../../dev/null' })) },
  { name: 'a key id like SQL', code: 'key_unknown', twist: forged(() => ({ kid: "x' union select 'key" })) },
  { name: 'a key id that is a number', code: 'token_malformed', twist: forged(() => ({ kid: 1 })) },
  { name: 'no key id, several keys', code: 'key_ambiguous', twist: { header: { kid: undefined } } },
  { name: 'two keys of one id', code: 'key_ambiguous', twist: { jwks: (response, { keys }) => json(response, { keys: [...keys, jwkOf(stranger)] }) } },
  { name: 'a key for encryption', code: 'key_unknown', twist: { jwks: (response, { keys }) => json(response, { keys: keys.map((key) => ({ ...key, use: 'enc' })) }) } },
  { name: 'a key for another algorithm', code: 'key_unknown', twist: { jwks: (response, { keys }) => json(response, { keys: keys.map((key) => ({ ...key, alg: 'PS256' })) }) } },
  { name: 'a key not for verifying', code: 'key_unknown', twist: { jwks: (response, { keys }) => json(response, { keys: keys.map((key) => ({ ...key, key_ops: ['encrypt'] })) }) } },
  { name: 'a key of 1024 bits', code: 'key_invalid', twist: { ...forged(() => ({ kid: 'weak' }), () => weak.privateKey), jwks: (response) => json(response, { keys: [jwkOf(weak)] }) } },
  { name: 'a damaged key', code: 'key_invalid', twist: { jwks: (response, { keys }) => json(response, { keys: keys.map((key) => ({ ...key, n: 7 })) }) } },
  { name: 'the key in the header (jwk)', code: 'header_forbidden', twist: forged(() => ({ jwk: jwkOf(stranger) }), () => stranger.privateKey) },
  { name: 'an honest key in the header (jwk)', code: 'header_forbidden', twist: forged(({ pairs: [pair] }) => ({ jwk: pair === undefined ? {} : jwkOf(pair) })) },
  { name: 'the address of the keys in the header (jku)', code: 'header_forbidden', twist: forged(() => ({ jku: `${neighbour.issuer}/jwks`, kid: 'rsa-1' }), () => stranger.privateKey) },
  { name: 'the address of a certificate in the header (x5u)', code: 'header_forbidden', twist: forged(() => ({ x5u: 'https://169.254.169.254/' })) },
  { name: 'a certificate in the header (x5c)', code: 'header_forbidden', twist: forged(() => ({ x5c: ['MIIB'] }), () => stranger.privateKey) },
  { name: 'crit', code: 'header_forbidden', twist: forged(() => ({ crit: ['exp'], exp: 1 })) },
  { name: 'an empty crit', code: 'header_forbidden', twist: forged(() => ({ crit: [] })) },
  { name: 'b64', code: 'header_forbidden', twist: forged(() => ({ b64: false })) },
  { name: 'an access token', code: 'typ_wrong', twist: { header: { typ: 'at+jwt' } } },
  { name: 'a logout token', code: 'typ_wrong', twist: { header: { typ: 'logout+jwt' } } },
  { name: 'typ that is no text', code: 'typ_wrong', twist: { header: { typ: ['JWT'] } } },
]

const forms: readonly Attack[] = [
  { name: 'five parts (JWE)', code: 'token_encrypted', twist: tampered(([header]) => `${header}.a.b.c.d`) },
  { name: 'two parts', code: 'token_malformed', twist: tampered(([header, payload]) => `${header}.${payload}`) },
  { name: 'empty', code: 'token_malformed', twist: { mint: () => '' } },
  { name: 'base64 instead of base64url', code: 'token_malformed', twist: tampered(([header, payload, signature]) => `${header}=.${payload}.${signature}`) },
  { name: 'a header that is no JSON', code: 'token_malformed', twist: asText(() => ({ header: '{"alg":"RS256"' })) },
  { name: 'claims that are a list', code: 'token_malformed', twist: asText(() => ({ claims: '[]' })) },
  { name: 'claims that are no UTF-8', code: 'token_malformed', twist: tampered(([header, , signature]) => `${header}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`) },
  { name: 'claims nested very deep', code: 'token_malformed', twist: asText(() => ({ claims: `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}` })) },
  { name: 'longer than any token', code: 'token_malformed', twist: { claims: { groups: 'x'.repeat(130_000) } } },
  { name: 'sub twice', code: 'token_duplicate_member', twist: asText(({ claims }) => ({ claims: JSON.stringify(claims).replace('{', '{"sub":"boss",') })) },
  { name: 'sub twice, once escaped', code: 'token_duplicate_member', twist: asText(({ claims }) => ({ claims: JSON.stringify(claims).replace('{', '{"s\\u0075b":"boss",') })) },
  { name: 'alg twice', code: 'token_duplicate_member', twist: asText(({ header }) => ({ header: JSON.stringify(header).replace('{', '{"alg":"none",') })) },
]

const claims: readonly Attack[] = [
  { name: 'iss missing', code: 'iss_missing', twist: { claims: { iss: undefined } } },
  { name: 'iss of another provider', code: 'iss_wrong', twist: { claims: { iss: 'https://idp.example' } } },
  { name: 'iss with a slash more', code: 'iss_wrong', twist: () => ({ claims: { iss: `${rogue.issuer}/` } }) },
  { name: 'iss as a list', code: 'iss_wrong', twist: () => ({ claims: { iss: [rogue.issuer] } }) },
  { name: 'sub missing', code: 'sub_missing', twist: { claims: { sub: undefined } } },
  { name: 'sub empty', code: 'sub_malformed', twist: { claims: { sub: '' } } },
  { name: 'sub null', code: 'sub_malformed', twist: { claims: { sub: null } } },
  { name: 'sub of 256 characters', code: 'sub_malformed', twist: { claims: { sub: 'x'.repeat(256) } } },
  { name: 'sub a number', code: 'sub_malformed', twist: { claims: { sub: 1 } } },
  { name: 'sub with a line break', code: 'sub_malformed', twist: { claims: { sub: 'anna\nboss' } } },
  { name: 'sub with a homograph', code: 'sub_malformed', twist: { claims: { sub: 'аnna' } } },
  { name: 'aud missing', code: 'aud_missing', twist: { claims: { aud: undefined } } },
  { name: 'aud another client', code: 'aud_foreign', twist: { claims: { aud: 'other' } } },
  { name: 'aud a prefix of ours', code: 'aud_foreign', twist: { claims: { aud: CLIENT_ID.slice(0, -1) } } },
  { name: 'aud an empty list', code: 'aud_foreign', twist: { claims: { aud: [] } } },
  { name: 'aud an object', code: 'claim_malformed', twist: { claims: { aud: { 0: CLIENT_ID } } } },
  { name: 'several audiences without azp', code: 'azp_missing', twist: { claims: { aud: [CLIENT_ID, 'other'] } } },
  { name: 'several audiences, azp another client', code: 'azp_foreign', twist: { claims: { aud: [CLIENT_ID, 'other'], azp: 'other' } } },
  { name: 'one audience, azp another client', code: 'azp_foreign', twist: { claims: { azp: 'other' } } },
  { name: 'exp missing', code: 'exp_missing', twist: { claims: { exp: undefined } } },
  { name: 'exp as text', code: 'claim_malformed', twist: { claims: { exp: '9999999999' } } },
  { name: 'expired', code: 'expired', twist: () => ({ claims: { exp: seconds() - 60 } }) },
  { name: 'nbf in the future', code: 'not_yet_valid', twist: () => ({ claims: { nbf: seconds() + 120 } }) },
  { name: 'iat missing', code: 'iat_missing', twist: { claims: { iat: undefined } } },
  { name: 'iat in the future', code: 'iat_future', twist: () => ({ claims: { iat: seconds() + 120 } }) },
  { name: 'nonce missing', code: 'nonce_missing', twist: { claims: { nonce: undefined } } },
  { name: 'nonce of another sign-in', code: 'nonce_wrong', twist: { claims: { nonce: 'other' } } },
  { name: 'at_hash of another access token', code: 'at_hash_wrong', twist: { claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } } },
  { name: 'access token exchanged', code: 'at_hash_wrong', twist: { answer: { access_token: 'stolen' } } },
  { name: 'auth_time missing though asked for', code: 'auth_time_missing', maxAge: 60, twist: { claims: { auth_time: undefined } } },
  { name: 'signed in too long ago', code: 'auth_too_old', maxAge: 60, twist: () => ({ claims: { auth_time: seconds() - 120 } }) },
  { name: 'auth_time as text', code: 'claim_malformed', twist: { claims: { auth_time: 'now' } } },
  { name: 'acr weaker than asked for', code: 'acr_insufficient', acrValues: ['mfa'], twist: { claims: { acr: 'password' } } },
  { name: 'acr missing though asked for', code: 'acr_insufficient', acrValues: ['mfa'], twist: { claims: { acr: undefined } } },
  { name: 'sid too long', code: 'claim_malformed', twist: { claims: { sid: 'x'.repeat(256) } } },
  { name: 'everything of the neighbour, signed by the neighbour', code: 'signature_invalid', twist: () => ({ mint: ({ header, claims: own }) => mint(header, { ...own, iss: neighbour.issuer }, neighbour.pairs[0]?.privateKey ?? '', 'RS256') }) },
  { name: 'iss of the neighbour', code: 'iss_wrong', twist: () => ({ claims: { iss: neighbour.issuer } }) },
]

const callbacks: readonly Attack[] = [
  { name: 'state of another sign-in', code: 'state_wrong', twist: { callback: (parameters) => parameters.set('state', 'other') } },
  { name: 'state missing', code: 'state_missing', twist: { callback: (parameters) => parameters.delete('state') } },
  { name: 'state empty', code: 'state_missing', twist: { callback: (parameters) => parameters.set('state', '') } },
  { name: 'state twice', code: 'callback_malformed', twist: { callback: (parameters) => parameters.append('state', 'other') } },
  { name: 'code twice', code: 'callback_malformed', twist: { callback: (parameters) => parameters.append('code', 'other') } },
  { name: 'code missing', code: 'code_missing', twist: { callback: (parameters) => parameters.delete('code') } },
  { name: 'code endless', code: 'callback_malformed', twist: { callback: (parameters) => parameters.set('code', 'x'.repeat(10_000)) } },
  { name: 'an ID token through the browser', code: 'callback_malformed', twist: { callback: (parameters) => parameters.set('id_token', 'ey.x.y') } },
  { name: 'an access token through the browser', code: 'callback_malformed', twist: { callback: (parameters) => parameters.set('access_token', 'x') } },
  { name: 'a signed response (JARM)', code: 'callback_malformed', twist: { callback: (parameters) => parameters.set('response', 'ey.x.y') } },
  { name: 'iss missing though announced', code: 'iss_parameter_missing', twist: { callback: (parameters) => parameters.delete('iss') } },
  { name: 'mix-up: iss of the neighbour', code: 'iss_parameter_wrong', twist: { callback: (parameters) => parameters.set('iss', neighbour.issuer) } },
  { name: 'mix-up: iss of the neighbour, never announced', code: 'iss_parameter_wrong', twist: { metadata: { authorization_response_iss_parameter_supported: false }, callback: (parameters) => parameters.set('iss', neighbour.issuer) } },
  { name: 'iss empty', code: 'iss_parameter_wrong', twist: { callback: (parameters) => parameters.set('iss', '') } },
  { name: 'iss twice', code: 'callback_malformed', twist: { callback: (parameters) => parameters.append('iss', 'https://idp.example') } },
  { name: 'an error', code: 'provider_error', twist: { callback: (parameters) => parameters.set('error', 'access_denied') } },
  { name: 'an error of another sign-in', code: 'state_wrong', twist: { callback: (parameters) => (parameters.set('error', 'access_denied'), parameters.set('state', 'other')) } },
  { name: 'a code of another browser (PKCE)', code: 'grant_refused', codeVerifier: 'another-verifier-of-forty-three-characters-or-more' },
  { name: 'a code that nobody issued', code: 'grant_refused', twist: { callback: (parameters) => parameters.set('code', 'guessed') } },
]

const endless = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = (): void => {
    if (!response.destroyed && response.write(' '.repeat(65_536))) setImmediate(more)
  }
  response.on('drain', more)
  more()
}
const slow = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.write(' ')), 10)
  response.on('close', () => clearInterval(timer))
}
const html = (response: ServerResponse): void => void response.writeHead(200, { 'content-type': 'text/html' }).end('{}')
const elsewhere = (response: ServerResponse): void => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end()
const IMPATIENT: OutboundOptions = { timeoutMs: 1_500 }

const wire: readonly Attack[] = [
  { name: 'token: text/html', code: 'token_content_type_refused', twist: { token: html } },
  { name: 'token: a redirect', code: 'token_redirect_refused', twist: { token: elsewhere } },
  { name: 'token: endless', code: 'token_too_large', twist: { token: endless } },
  { name: 'token: slow', code: 'token_timeout', outbound: IMPATIENT, twist: { token: slow } },
  { name: 'token: compressed', code: 'token_encoding_refused', twist: { token: (response, answer) => void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(answer))) } },
  { name: 'token: hangs up', code: 'token_connection_failed', twist: { token: (response) => void response.destroy() } },
  { name: 'token: an address that leads inside', code: 'token_address_forbidden', twist: { metadata: { token_endpoint: 'https://inside.example/token' } } },
  { name: 'token: no JSON', code: 'token_response_malformed', twist: { token: (response) => json(response, '{') } },
  { name: 'token: a list', code: 'token_response_malformed', twist: { token: (response) => json(response, []) } },
  { name: 'token: the ID token twice', code: 'token_duplicate_member', twist: { token: (response, answer) => json(response, JSON.stringify(answer).replace('{', '{"id_token":"x",')) } },
  { name: 'token: 500', code: 'token_error', twist: { token: (response) => json(response, {}, 500) } },
  { name: 'token: 201', code: 'token_error', twist: { token: (response, answer) => json(response, answer, 201) } },
  { name: 'token: invalid_client', code: 'client_refused', twist: { token: (response) => json(response, { error: 'invalid_client' }, 401) } },
  { name: 'token: invalid_grant', code: 'grant_refused', twist: { token: (response) => json(response, { error: 'invalid_grant' }, 400) } },
  { name: 'token: another error', code: 'token_error', twist: { token: (response) => json(response, { error: 'slow_down' }, 400) } },
  { name: 'token: no ID token', code: 'id_token_missing', twist: { answer: { id_token: undefined } } },
  { name: 'token: an ID token that is no text', code: 'token_response_malformed', twist: { answer: { id_token: { sub: 'boss' } } } },
  { name: 'token: no access token', code: 'token_response_malformed', twist: { answer: { access_token: undefined } } },
  { name: 'token: another kind of token', code: 'token_response_malformed', twist: { answer: { token_type: 'mac' } } },
  { name: 'token: what only openid-client minds', code: 'second_opinion', twist: { answer: { expires_in: -5 } } },
  { name: 'keys: text/html', code: 'jwks_content_type_refused', twist: { jwks: html } },
  { name: 'keys: a redirect', code: 'jwks_redirect_refused', twist: { jwks: elsewhere } },
  { name: 'keys: endless', code: 'jwks_too_large', twist: { jwks: endless } },
  { name: 'keys: slow', code: 'jwks_timeout', outbound: IMPATIENT, twist: { jwks: slow } },
  { name: 'keys: an address that leads inside', code: 'jwks_address_forbidden', twist: { metadata: { jwks_uri: 'https://inside.example/jwks' } } },
  { name: 'keys: 404', code: 'keys_malformed', twist: { jwks: (response) => json(response, {}, 404) } },
  { name: 'keys: no set', code: 'keys_malformed', twist: { jwks: (response) => json(response, { keys: {} }) } },
  { name: 'keys: a set with something else in it', code: 'keys_malformed', twist: { jwks: (response, { keys }) => json(response, { keys: [...keys, null] }) } },
  { name: 'keys: thousands', code: 'keys_malformed', twist: { jwks: (response, { keys }) => json(response, { keys: [...keys, ...Array.from({ length: 2_000 }, () => ({ kty: 'RSA' }))] }) } },
  { name: 'keys: none', code: 'key_unknown', twist: { jwks: (response) => json(response, { keys: [] }) } },
  { name: 'keys: those of the neighbour', code: 'signature_invalid', twist: () => ({ metadata: { jwks_uri: `${neighbour.issuer}/jwks` } }) },
]

const discovery: readonly Attack[] = [
  { name: 'the issuer of the neighbour', code: 'issuer_foreign', twist: () => ({ metadata: { issuer: neighbour.issuer } }) },
  { name: 'an issuer with a slash more', code: 'issuer_foreign', twist: () => ({ metadata: { issuer: `${rogue.issuer}/` } }) },
  { name: 'an issuer for every tenant', code: 'issuer_foreign', twist: { metadata: { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' } } },
  { name: 'no issuer', code: 'issuer_foreign', twist: { metadata: { issuer: undefined } } },
  { name: 'sign-in page without TLS', code: 'endpoint_forbidden', twist: { metadata: { authorization_endpoint: 'http://idp.example/authorize' } } },
  { name: 'token endpoint without TLS', code: 'endpoint_forbidden', twist: { metadata: { token_endpoint: 'http://idp.example/token' } } },
  { name: 'keys without TLS', code: 'endpoint_forbidden', twist: { metadata: { jwks_uri: 'http://idp.example/jwks' } } },
  { name: 'logout without TLS', code: 'endpoint_forbidden', twist: { metadata: { end_session_endpoint: 'http://idp.example/logout' } } },
  { name: 'a sign-in page that is a script', code: 'endpoint_forbidden', twist: { metadata: { authorization_endpoint: 'javascript:alert(document.cookie)' } } },
  { name: 'keys from a file', code: 'endpoint_forbidden', twist: { metadata: { jwks_uri: 'file:///etc/passwd' } } },
  { name: 'keys from the cloud’s metadata', code: 'endpoint_forbidden', twist: { metadata: { jwks_uri: 'https://169.254.169.254/latest/meta-data' } } },
  { name: 'keys from a private address', code: 'endpoint_forbidden', twist: { metadata: { jwks_uri: 'https://10.0.0.1/jwks' } } },
  { name: 'token endpoint with a password', code: 'endpoint_forbidden', twist: { metadata: { token_endpoint: 'https://a:b@idp.example/token' } } },
  { name: 'an endpoint that is no text', code: 'endpoint_forbidden', twist: { metadata: { token_endpoint: ['https://idp.example/token'] } } },
  { name: 'no sign-in page', code: 'endpoint_missing', twist: { metadata: { authorization_endpoint: undefined } } },
  { name: 'no token endpoint', code: 'endpoint_missing', twist: { metadata: { token_endpoint: undefined } } },
  { name: 'no keys', code: 'endpoint_missing', twist: { metadata: { jwks_uri: undefined } } },
  { name: 'PKCE downgraded to plain', code: 'pkce_unsupported', twist: { metadata: { code_challenge_methods_supported: ['plain'] } } },
  { name: 'PKCE gone', code: 'pkce_unsupported', twist: { metadata: { code_challenge_methods_supported: [] } } },
  { name: 'implicit flow only', code: 'code_flow_unsupported', twist: { metadata: { response_types_supported: ['id_token'] } } },
  { name: 'HS256 only', code: 'no_common_algorithm', twist: { metadata: { id_token_signing_alg_values_supported: ['HS256', 'none'] } } },
  { name: 'algorithms that are no list', code: 'metadata_malformed', twist: { metadata: { id_token_signing_alg_values_supported: 'RS256' } } },
  { name: 'the issuer twice', code: 'metadata_malformed', twist: { discovery: (response) => json(response, `{"issuer":"a","issuer":"${rogue.issuer}"}`) } },
  { name: 'no JSON', code: 'metadata_malformed', twist: { discovery: (response) => json(response, '<') } },
  { name: '404', code: 'metadata_malformed', twist: { discovery: (response) => json(response, {}, 404) } },
  { name: 'text/html', code: 'discovery_content_type_refused', twist: { discovery: html } },
  { name: 'a redirect inside', code: 'discovery_redirect_refused', twist: { discovery: elsewhere } },
  { name: 'endless', code: 'discovery_too_large', twist: { discovery: endless } },
  { name: 'slow', code: 'discovery_timeout', outbound: IMPATIENT, twist: { discovery: slow } },
]

describe.each([
  ['signature and header', signatures],
  ['form', forms],
  ['claims', claims],
  ['the way back through the browser', callbacks],
  ['on the wire', wire],
  ['discovery', discovery],
] as const)('%s', (_group, attacks) => {
  test.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    expect(await run(attack)).toEqual({ honest: 'accepted', attacked: attack.code })
  })
})
