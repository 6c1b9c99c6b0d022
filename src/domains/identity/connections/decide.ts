// Decisions about connections: what a draft must say, when what may change, and which arrow is open.
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import type { ConnectionId, OrganizationId } from '../../../kernel/ids.ts'
import { openSecret, sealSecret } from '../../../platform/crypto/vault.ts'
import { newClientKey } from '../../../platform/oidc/index.ts'
import { newSigningPair, readIdpMetadata, type IdpMetadata } from '../../../platform/saml/index.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { IdentityParts } from '../parts.ts'
import type { ConnectionDraft, ConnectionPatch, SamlSettings } from './contract.ts'
import { keepingAnAdminOfIdentity } from '../roles/admins.ts'
import * as store from './store.ts'
import type { ConnectionRow, Stored, Writing } from './store.ts'

type Told = ConnectionDraft | ConnectionPatch
type WriteTx = Tx<'write', 'identity:write'>

/** Where a connection's secret belongs: sealed for this place it opens in no other. */
export const secretPurpose = (organizationId: OrganizationId, id: ConnectionId): string => `identity_connection:${organizationId}:${id}`
export const secretOf = (parts: IdentityParts, organizationId: OrganizationId, row: ConnectionRow): string | null =>
  row.secret === null ? null : openSecret(parts.secret, row.secret, secretPurpose(organizationId, row.id))

const invalid = (errors: readonly ProblemError[]): Problem => new Problem('invalid', 'The connection cannot be set up like this.', { errors })
const fault = (pointer: string, code: string, message: string): ProblemError => ({ pointer, code, message })

/** We prove ourselves at the provider by a key that we make; there is no secret to copy, and none to be stolen on the way. */
const hasOwnKey = ({ oidc }: Stored): boolean => oidc?.clientAuth === 'private_key_jwt'

export async function createConnection(tx: WriteTx, parts: IdentityParts, draft: ConnectionDraft, id: ConnectionId = store.newConnectionId()): Promise<ConnectionRow> {
  const saml = samlOf(draft, parts)
  const settings: Stored = { ...(draft.oidc === undefined ? {} : { oidc: draft.oidc }), ...(saml === undefined ? {} : { saml }) }
  const jit = jitOf(draft, { hasJit: false, jitRole: null })
  checkDraft({ ...draft, kind: draft.kind }, settings, parts)
  const own = draft.kind === 'saml' ? await newSigningPair(`Blue Ship Sync ${id}`, parts.nowMs()) : null
  const client = hasOwnKey(settings) ? await newClientKey(id) : null
  const plain = own?.privateKeyPem ?? (client === null ? draft.clientSecret : JSON.stringify(client.privateJwk)) ?? null
  const writing: Writing = {
    name: draft.name, preset: draft.preset ?? 'generic',
    settings: { ...settings, ...(own === null ? {} : { certificatePem: own.certificatePem }), ...(client === null ? {} : { publicJwk: client.publicJwk }) },
    secret: plain === null ? null : sealSecret(parts.secret, plain, secretPurpose(tx.organizationId, id)),
    ...jit, sessionHours: draft.sessionHours ?? 12, idleMinutes: draft.idleMinutes ?? 30,
  }
  return store.insertConnection(tx, id, draft.kind, writing)
}

const OPEN_TO_CHANGE: ReadonlySet<string> = new Set(['draft', 'tested', 'disabled'])

export async function updateConnection(tx: WriteTx, parts: IdentityParts, id: ConnectionId, patch: ConnectionPatch, expectedVersion: number): Promise<ConnectionRow> {
  const before = await store.lockConnection(tx, id)
  if (before.rowVersion !== expectedVersion) throw new Problem('stale', 'The connection was changed by somebody else. Read it again.')
  const saml = samlOf(patch, parts)
  const { publicJwk: _former, ...known } = before.settings
  const settings: Stored = { ...known, ...(patch.oidc === undefined ? {} : { oidc: patch.oidc }), ...(saml === undefined ? {} : { saml }) }
  const isTrustChanged = JSON.stringify([settings.oidc, settings.saml]) !== JSON.stringify([before.settings.oidc, before.settings.saml]) || (patch.preset ?? before.preset) !== before.preset
  if (isTrustChanged && !OPEN_TO_CHANGE.has(before.status)) {
    throw new Problem('illegal_transition', `People sign in by this connection (${before.status}). Disable it to change whom it trusts, or rotate its certificate or client secret.`)
  }
  checkDraft({ ...patch, kind: before.kind, preset: patch.preset ?? before.preset }, settings, parts)
  const { publicJwk, plain } = await proofOf(id, before, settings, patch.clientSecret)
  const secret = plain === undefined ? before.secret : sealSecret(parts.secret, plain, secretPurpose(tx.organizationId, id))
  const jit = jitOf(patch, before)
  const writing: Writing = {
    name: patch.name ?? before.name, preset: patch.preset ?? before.preset, settings: { ...settings, ...(publicJwk === undefined ? {} : { publicJwk }) }, secret, ...jit,
    sessionHours: patch.sessionHours ?? before.sessionHours, idleMinutes: patch.idleMinutes ?? before.idleMinutes,
  }
  return store.saveConnection(tx, before, writing, isTrustChanged)
}

/** A new client secret is a rotation: it changes nothing about whom we trust. With a key of our own it is made when the way is chosen, and stays. */
async function proofOf(id: ConnectionId, before: ConnectionRow, settings: Stored, given: string | undefined): Promise<{ readonly publicJwk: Stored['publicJwk']; readonly plain: string | undefined }> {
  const [had, has] = [hasOwnKey(before.settings), hasOwnKey(settings)]
  if (has && had) return { publicJwk: before.settings.publicJwk, plain: undefined }
  if (has) {
    const { publicJwk, privateJwk } = await newClientKey(id)
    return { publicJwk, plain: JSON.stringify(privateJwk) }
  }
  if (had && given === undefined) throw invalid([fault('/clientSecret', 'required', 'Until now we proved ourselves by a key. Give the client secret of the provider.')])
  return { publicJwk: undefined, plain: given }
}

function jitOf(told: Told, before: Pick<Writing, 'hasJit' | 'jitRole'>): Pick<Writing, 'hasJit' | 'jitRole'> {
  const hasJit = told.hasJit ?? before.hasJit
  const jitRole = told.jitRole === undefined ? before.jitRole : told.jitRole
  if (hasJit && jitRole === null) throw invalid([fault('/jitRole', 'required', 'Say which role a new account gets.')])
  return { hasJit, jitRole: hasJit ? jitRole : null }
}

function samlOf(told: Told, { nowMs, allowsLocalProviders }: IdentityParts): SamlSettings | undefined {
  if (told.metadataXml === undefined) return told.saml
  const read = readIdpMetadata(told.metadataXml, { nowMs: nowMs(), allowHttp: allowsLocalProviders })
  if (!read.ok) throw invalid([fault('/metadataXml', read.code, `The metadata cannot be used: ${read.detail}.`)])
  return { ...fromMetadata(read.metadata), ...(told.saml === undefined ? {} : { ...told.saml, entityId: read.metadata.entityId }) }
}

/** The settings a provider's metadata asks for. */
export function fromMetadata(metadata: IdpMetadata): SamlSettings {
  const sound = metadata.signingCertificates.filter(({ weakness }) => weakness === null).slice(0, 2)
  const ssoUrl = metadata.sso.redirect
  if (ssoUrl === null) throw invalid([fault('/metadataXml', 'no_redirect', 'The provider offers no sign-in by HTTP-Redirect.')])
  return { entityId: metadata.entityId, ssoUrl, certificates: sound.map(({ pem }) => pem), ...(metadata.slo.redirect === null ? {} : { sloUrl: metadata.slo.redirect }) }
}

function checkDraft(told: Told & { readonly kind: ConnectionRow['kind'] }, { oidc, saml }: Stored, { outbound }: IdentityParts): void {
  const faults: ProblemError[] = []
  const checkUrl = (pointer: string, url: string): void => {
    const refusal = outbound.refusalOf(url)
    if (refusal !== null) faults.push(fault(pointer, refusal.code, refusal.detail))
  }
  if (told.kind === 'oidc') {
    if (oidc === undefined) faults.push(fault('/oidc', 'required', 'An OpenID Connect connection needs its settings.'))
    if (saml !== undefined || told.metadataXml !== undefined) faults.push(fault('/saml', 'unknown', 'An OpenID Connect connection has no SAML settings.'))
    if (oidc !== undefined) {
      checkUrl('/oidc/issuer', oidc.issuer)
      if (oidc.clientAuth === 'private_key_jwt' && told.clientSecret !== undefined) faults.push(fault('/clientSecret', 'unknown', 'With private_key_jwt there is no client secret: we make the key, and the provider reads its public half at our JWKS URL.'))
      if (!oidc.scopes.includes('openid')) faults.push(fault('/oidc/scopes', 'required', 'The scope openid is needed.'))
      if (told.preset === 'entra' && oidc.tenantId === undefined) faults.push(fault('/oidc/tenantId', 'required', 'For Entra ID, say which directory: anybody in any directory could sign in otherwise.'))
      if (told.preset === 'google' && oidc.hostedDomains === undefined) faults.push(fault('/oidc/hostedDomains', 'required', 'For Google, say which Workspace domains: anybody with a Google account could sign in otherwise.'))
    }
  } else {
    if (saml === undefined) faults.push(fault('/saml', 'required', 'A SAML connection needs its settings, or the metadata of the provider.'))
    if (oidc !== undefined || told.clientSecret !== undefined) faults.push(fault('/oidc', 'unknown', 'A SAML connection has no OpenID Connect settings.'))
    if (saml !== undefined) {
      checkUrl('/saml/ssoUrl', saml.ssoUrl)
      if (saml.sloUrl !== undefined) checkUrl('/saml/sloUrl', saml.sloUrl)
      if (saml.metadataUrl !== undefined) checkUrl('/saml/metadataUrl', saml.metadataUrl)
    }
  }
  if (faults.length > 0) throw invalid(faults)
}

const ARROWS: Readonly<Record<'activate' | 'relax' | 'disable', { from: readonly ConnectionRow['status'][]; to: ConnectionRow['status']; or: string }>> = {
  activate: { from: ['tested'], to: 'active', or: 'Test it first: a sign-in must have worked before people depend on it.' },
  relax: { from: ['enforced'], to: 'active', or: 'Only an enforced connection can be relaxed.' },
  disable: { from: ['draft', 'tested', 'active', 'enforced'], to: 'disabled', or: 'It is disabled already.' },
}

export async function moveConnection(tx: WriteTx, id: ConnectionId, arrow: keyof typeof ARROWS): Promise<ConnectionRow> {
  const before = await store.lockConnection(tx, id)
  const { from, to, or } = ARROWS[arrow]
  if (!from.includes(before.status)) throw new Problem('illegal_transition', `The connection is ${before.status}. ${or}`)
  // By disabling, the last way in of the last Tenant Admin may be lost.
  return keepingAnAdminOfIdentity(tx, () => store.saveConnectionStatus(tx, before, to))
}

/** Enforced: nobody comes in another way, but for recovery admins with passkeys. `recoveryAdmins` counts those. */
export async function enforceConnection(tx: WriteTx, id: ConnectionId, actorId: string, facts: { recoveryAdmins: number; testedBy: string | null }): Promise<ConnectionRow> {
  const before = await store.lockConnection(tx, id)
  if (before.status !== 'active') throw new Problem('illegal_transition', `The connection is ${before.status}. Only an active one can be enforced.`)
  if (facts.testedBy !== actorId) throw new Problem('conflict', 'Whoever enforces a connection must have tried it: do a test sign-in yourself first.')
  if (facts.recoveryAdmins < 2) throw new Problem('conflict', `Two recovery admins with passkeys are needed, so that a broken provider cannot lock everybody out; there ${facts.recoveryAdmins === 1 ? 'is one' : 'is none'}.`)
  return store.saveConnectionStatus(tx, before, 'enforced')
}
