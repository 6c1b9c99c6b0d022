// Once a connection is enforced: people come in by it, recovery administrators by passkeys, service accounts by keys, and nobody otherwise.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../../../../test/setup/house.ts'
import { giveSignIn, openSession } from '../../../../../test/setup/session.ts'
import { plant, sql } from '../../../../../test/setup/sql.ts'
import { Visitor } from '../../../../app/demo-idp/visitor.ts'
import { identityApi } from '../../contract.ts'
import { newRescuer, passkeysOf, signInWith, usersOf, type Rescuer } from './recovery.ts'

let house: House
let rescuers: readonly Rescuer[]
let planner: { readonly organizationId: House['acme']['id']; readonly userId: Rescuer['id'] }
const enforce = (status: 'active' | 'enforced') => plant(house.superuserUrl, 'update bss.identity_connection set status = $1 where organization_id = $2', [status, house.acme.id])

beforeAll(async () => {
  house = await openHouse()
  rescuers = [await newRescuer(house), await newRescuer(house)]
  const { id } = await usersOf(house).createUser({ body: { userName: 'planner@example.com', displayName: 'Paul' } })
  planner = { organizationId: house.acme.id, userId: id }
  await giveSignIn(house.superuserUrl, planner)
  await enforce('enforced')
}, 60_000)
afterAll(() => house.close())

describe('an organization with an enforced connection', () => {
  it('lets recovery administrators in by their passkeys', async () => {
    for (const rescuer of rescuers) expect((await signInWith({ ...rescuer, visitor: new Visitor() }, house.url, 'acme')).status).toBe(200)
  })
  it('lets nobody in by any other way', async () => {
    await expect(openSession(house.superuserUrl, planner)).rejects.toThrow('another way to sign in')
    await enforce('active')
    await expect(openSession(house.superuserUrl, planner)).resolves.toContain('bss_s_')
    await enforce('enforced')
  })
  it('lets people in by that connection', async () => {
    const [row] = await plant(house.superuserUrl, `insert into bss.session (organization_id, id, kind, digest, user_id, connection_id, expires_at, created_by, updated_by)
      select $1, gen_random_uuid(), 'person', sha256('x'), $2, c.id, now() + interval '1 hour', $2, $2 from bss.identity_connection c where c.organization_id = $1 and c.status = 'enforced' returning true`, [planner.organizationId, planner.userId])
    expect(row).toEqual(['t'])
  })
  it('takes the keys of service accounts as before, and other organizations are not concerned', async () => {
    expect(await house.client(identityApi, 'planner').whoami()).toMatchObject({ role: 'planner' })
    const { id } = await usersOf(house, 'globex').createUser({ body: { userName: 'planner@example.com', displayName: 'Paul' } })
    await expect(openSession(house.superuserUrl, { organizationId: house.globex.id, userId: id })).resolves.toContain('bss_s_')
  })
  it('counts two recovery administrators, and keeps them', async () => {
    expect(await sql(house.superuserUrl, 'select bss.recovery_admins($1)', [house.acme.id])).toEqual([['2']])
    const { items } = await passkeysOf(house).listPasskeys()
    expect(items).toHaveLength(2)
    for (const { id } of items) await expect(passkeysOf(house).removePasskey({ params: { passkeyId: id } })).rejects.toMatchObject({ status: 409 })
    await enforce('active')
    for (const { id } of items) await passkeysOf(house).removePasskey({ params: { passkeyId: id } })
    expect(await sql(house.superuserUrl, 'select bss.recovery_admins($1)', [house.acme.id])).toEqual([['0']])
  })
})
