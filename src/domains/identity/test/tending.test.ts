// What the room does by itself, day by day: domains whose record is gone, certificates that a provider newly names, sessions nobody uses.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partsOf } from '../../../app/parts.ts'
import { Visitor } from '../../../app/demo-idp/visitor.ts'
import { clientOf, fetchSender } from '../../../kernel/client.ts'
import { newSigningPair } from '../../../platform/saml/index.ts'
import { idpMetadata } from '../../../platform/saml/issue/index.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { openSignInHouse, type SignInHouse } from '../../../../test/setup/sign-in.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { refreshMetadata } from '../connections/certificates.ts'
import { connectionsApi, type Connection } from '../connections/contract.ts'
import { getConnection } from '../connections/store.ts'
import { domainsApi } from '../domains/contract.ts'
import { recheckDomains } from '../domains/decide.ts'
import type { IdentityParts } from '../parts.ts'

let house: SignInHouse
let globex: Connection
const context = () => systemContext({ organizationId: house.globex.id, permissions: ['identity:write', 'identity:read', 'members:write'], operation: 'test.tend' })
const connections = () => clientOf(connectionsApi, fetchSender({ baseUrl: house.url, token: house.globex.keys.tenant_admin }))
const domains = () => clientOf(domainsApi, fetchSender({ baseUrl: house.url, token: house.globex.keys.tenant_admin }))
const partsWith = (more: Partial<IdentityParts>): IdentityParts => partsOf(house.database, house.secret, { resolveTxt: (name) => Promise.resolve(house.zone.get(name) ?? []), allowsLocalProviders: true, ...more })

beforeAll(async () => {
  house = await openSignInHouse()
  globex = await house.setUp('globex')
}, 120_000)
afterAll(() => house.close())

describe('a proven domain', () => {
  const recheck = async (nowMs: number): Promise<string> => {
    await plant(house.superuserUrl, "update bss.email_domain set checked_at = now() - interval '2 days', updated_by = created_by where name = 'globex.example'")
    await recheckDomains(partsWith({ nowMs: () => nowMs }), (work) => house.database.housekeep(context(), work))
    const [row] = await sql(house.superuserUrl, "select status from bss.email_domain where name = 'globex.example'")
    return row?.[0] ?? ''
  }
  it('may miss its record for a week, and is lost after it: nobody signs in by it, and another may prove it', async () => {
    const domain = (await domains().listDomains()).items.find(({ name }) => name === 'globex.example')
    if (domain === undefined) throw new Error('The domain is not there.')
    const { record } = domain
    expect(await recheck(Date.now())).toBe('verified')
    house.zone.delete(record.name)
    expect(await recheck(Date.now())).toBe('verified')
    expect(await recheck(Date.now() + 6 * 86_400_000)).toBe('verified')
    expect(await recheck(Date.now() + 8 * 86_400_000)).toBe('lost')
    const visitor = new Visitor()
    const answer = await visitor.submit(await visitor.go(`${house.url}/sign-in`), { email: 'paul.park@globex.example' })
    expect(answer.html).not.toContain('name="person"')
    house.zone.set(record.name, [record.value])
    const again = await domains().verifyDomain({ params: { domainId: domain.id } }).catch((error: unknown) => error)
    expect(again).toMatchObject({ status: 'verified' })
  })
  it('is not lost because the name servers cannot be asked', async () => {
    await plant(house.superuserUrl, "update bss.email_domain set checked_at = now() - interval '2 days', updated_by = created_by where name = 'globex.example'")
    const parts = partsWith({ nowMs: () => Date.now() + 30 * 86_400_000, resolveTxt: () => Promise.reject(new Error('no name server')) })
    await recheckDomains(parts, (work) => house.database.housekeep(context(), work))
    expect(await sql(house.superuserUrl, "select status from bss.email_domain where name = 'globex.example'")).toEqual([['verified']])
  })
})

describe('a certificate that the metadata newly names', () => {
  it('waits until its fingerprint is approved, then stands beside the old one, which can be retired', async () => {
    const fresh = await newSigningPair('New key of the provider')
    const saml = globex.saml
    if (saml === null) throw new Error('This is a SAML connection.')
    const text = idpMetadata({ entityId: saml.entityId, ssoUrl: saml.ssoUrl, sloUrl: null, certificatesPem: [saml.certificates[0] ?? '', fresh.certificatePem], wantsSignedRequests: true })
    await plant(house.superuserUrl, `update bss.identity_connection set settings = jsonb_set(settings, '{saml,metadataUrl}', '"https://provider.example/metadata"'), updated_by = created_by where kind = 'saml'`)
    const outbound: IdentityParts['outbound'] = { refusalOf: () => null, fetch: () => Promise.resolve({ ok: true, status: 200, header: () => null, contentType: 'application/xml', body: Buffer.from(text) }) }
    const parts = partsWith({ outbound })
    const row = await house.database.read(context(), (tx) => getConnection(tx, globex.id))
    expect(await refreshMetadata(parts, (work) => house.database.housekeep(context(), work), row)).toBe(1)
    expect(await refreshMetadata(parts, (work) => house.database.housekeep(context(), work), row)).toBe(0)
    const waiting = (await connections().getConnection({ params: { connectionId: globex.id } })).certificates.filter(({ isPinned }) => !isPinned)
    expect(waiting).toHaveLength(1)
    const sha256 = waiting[0]?.sha256 ?? ''
    const approved = await connections().approveCertificate({ params: { connectionId: globex.id }, body: { sha256 } })
    expect(approved.certificates.map(({ isPinned }) => isPinned)).toEqual([true, true])
    const old = approved.certificates.find((each) => each.sha256 !== sha256)?.sha256 ?? ''
    const left = await connections().retireCertificate({ params: { connectionId: globex.id }, body: { sha256: old } })
    expect(left.certificates.map((each) => each.sha256)).toEqual([sha256])
    await expect(connections().retireCertificate({ params: { connectionId: globex.id }, body: { sha256 } })).rejects.toMatchObject({ status: 409 })
  })
})
