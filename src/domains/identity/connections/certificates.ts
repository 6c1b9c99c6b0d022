// Rotating a provider's certificate. What the metadata newly names waits until an administrator approves its fingerprint: metadata is
// fetched from an address, and whoever takes that over must not take over the sign-in with it.
import { Problem } from '../../../kernel/problem.ts'
import type { ConnectionId } from '../../../kernel/ids.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { certificateFacts, readIdpMetadata } from '../../../platform/saml/index.ts'
import type { IdentityParts } from '../parts.ts'
import * as store from './store.ts'
import type { ConnectionRow, Stored } from './store.ts'

type WriteTx = Tx<'write', 'identity:write'>
const fingerprint = (pem: string): string => certificateFacts(pem)?.sha256 ?? ''
const PINNED_MAX = 2

const save = (tx: WriteTx, before: ConnectionRow, settings: Stored): Promise<ConnectionRow> => store.saveConnection(tx, before, { ...before, settings }, false)
const unknown = (): Problem => new Problem('invalid', 'There is no such certificate on this connection.', { errors: [{ pointer: '/sha256', code: 'unknown', message: 'Compare the fingerprint with those of the connection.' }] })

async function lockSaml(tx: WriteTx, id: ConnectionId): Promise<{ row: ConnectionRow; saml: NonNullable<Stored['saml']> }> {
  const row = await store.lockConnection(tx, id)
  const { saml } = row.settings
  if (saml === undefined) throw new Problem('illegal_transition', 'Only a SAML connection has pinned certificates.')
  return { row, saml }
}

/** Pins a waiting certificate beside the one in use. */
export async function approve(tx: WriteTx, id: ConnectionId, sha256: string): Promise<ConnectionRow> {
  const { row, saml } = await lockSaml(tx, id)
  const waiting = row.settings.newCertificates ?? []
  const pem = waiting.find((each) => fingerprint(each) === sha256)
  if (pem === undefined) throw unknown()
  if (saml.certificates.length >= PINNED_MAX) throw new Problem('illegal_transition', 'Two certificates are pinned already. Retire the old one first.')
  return save(tx, row, { ...row.settings, saml: { ...saml, certificates: [...saml.certificates, pem] }, newCertificates: waiting.filter((each) => each !== pem) })
}

export async function retire(tx: WriteTx, id: ConnectionId, sha256: string): Promise<ConnectionRow> {
  const { row, saml } = await lockSaml(tx, id)
  const left = saml.certificates.filter((each) => fingerprint(each) !== sha256)
  if (left.length === saml.certificates.length) throw unknown()
  if (left.length === 0) throw new Problem('illegal_transition', 'This is the only certificate; without one nobody can sign in.')
  return save(tx, row, { ...row.settings, saml: { ...saml, certificates: left } })
}

/** Reads the provider's metadata anew and notes certificates nobody has approved yet. Returns how many are new. */
export async function refreshMetadata(parts: IdentityParts, write: <T>(work: (tx: WriteTx) => Promise<T>) => Promise<T>, connection: ConnectionRow): Promise<number> {
  const { saml } = connection.settings
  if (saml?.metadataUrl === undefined) return 0
  const answer = await parts.outbound.fetch(saml.metadataUrl)
  if (!answer.ok || answer.status !== 200) return 0
  const read = readIdpMetadata(Buffer.from(answer.body).toString('utf8'), { nowMs: parts.nowMs(), allowHttp: parts.allowsLocalProviders })
  if (!read.ok || read.metadata.entityId !== saml.entityId) return 0
  const named = read.metadata.signingCertificates.filter(({ weakness }) => weakness === null)
  return write(async (tx) => {
    const row = await store.lockConnection(tx, connection.id)
    const known = new Set([...(row.settings.saml?.certificates ?? []), ...(row.settings.newCertificates ?? [])].map(fingerprint))
    const fresh = named.filter(({ sha256 }) => !known.has(sha256)).slice(0, 5)
    if (fresh.length > 0) await save(tx, row, { ...row.settings, newCertificates: [...(row.settings.newCertificates ?? []), ...fresh.map(({ pem }) => pem)] })
    return fresh.length
  })
}
