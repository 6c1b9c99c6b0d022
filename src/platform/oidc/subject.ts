// Who somebody is, for the connection they came by. Never the e-mail address: that is what a provider says about a person, and a
// provider can be made to say anything about anybody.
import { subjectIn } from './claims.ts'
import { type OidcRefused, Refusal } from './codes.ts'
import type { JsonObject } from './strict-json.ts'

export type Preset =
  | { readonly kind: 'generic' }
  | { readonly kind: 'okta' }
  /** The directory whose people may come. */
  | { readonly kind: 'entra'; readonly tenantId: string }
  /** The Workspace domains whose people may come. */
  | { readonly kind: 'google'; readonly hostedDomains: readonly string[] }

export interface Subject {
  readonly ok: true
  /** Together with the connection: the person. */
  readonly subject: string
  /** An address the provider has verified, in lower case; null when there is none to be trusted. It identifies nobody. */
  readonly email: string | null
  readonly name: string | null
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/

/** Reads the person out of the claims of a sign-in that was accepted. */
export function subjectOf(preset: Preset, claims: JsonObject): Subject | OidcRefused {
  try {
    return { ok: true, subject: subjectFor(preset, claims), email: emailFor(preset, claims), name: nameIn(claims) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ok: false, code: error.code, detail: error.message }
  }
}

function subjectFor(preset: Preset, claims: JsonObject): string {
  const sub = subjectIn(claims)
  switch (preset.kind) {
    case 'generic':
    case 'okta':
      return sub
    case 'entra':
      return entraSubject(claims, preset.tenantId)
    case 'google':
      checkGoogle(claims, preset.hostedDomains)
      return sub
  }
}

/** Entra's `sub` differs from application to application; its object id within the directory does not. */
function entraSubject({ tid, oid }: JsonObject, tenantId: string): string {
  const [tenant, object] = [tid, oid].map((value) => (typeof value === 'string' && GUID.test(value.toLowerCase()) ? value.toLowerCase() : null))
  if (tenant === null || tenant === undefined) throw new Refusal('tid_missing', 'The token does not say from which directory the person is.')
  if (tenant !== tenantId.toLowerCase()) throw new Refusal('tid_foreign', 'The person is from another directory.')
  if (object === null || object === undefined) throw new Refusal('oid_missing', 'The token does not say who in the directory the person is.')
  return `${tenant}:${object}`
}

function checkGoogle({ hd, email_verified: isVerified }: JsonObject, hostedDomains: readonly string[]): void {
  if (typeof hd !== 'string' || hd === '') throw new Refusal('hd_missing', 'This is a private Google account.')
  if (!hostedDomains.some((domain) => domain.toLowerCase() === hd.toLowerCase())) throw new Refusal('hd_foreign', 'The person is from another Workspace.')
  if (isVerified !== true) throw new Refusal('email_unverified', 'Google has not verified the address of this account.')
}

function emailFor(preset: Preset, { email, email_verified: isVerified }: JsonObject): string | null {
  // In Entra ID an administrator of any directory writes into this claim what they like.
  if (preset.kind === 'entra' || isVerified !== true || typeof email !== 'string' || !EMAIL.test(email)) return null
  return email.toLowerCase()
}

function nameIn(claims: JsonObject): string | null {
  const { name, given_name: given, family_name: family } = claims
  const parts: readonly unknown[] = typeof name === 'string' ? [name] : [given, family]
  const text = parts.filter((part) => typeof part === 'string').join(' ').replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim().slice(0, 200)
  return text === '' ? null : text
}
