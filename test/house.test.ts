import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identityApi } from '../src/domains/identity/contract.ts'
import { tenancyApi } from '../src/domains/tenancy/contract.ts'
import { openHouse, type House } from './setup/house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

describe('the house', () => {
  it('each key opens its own organization with its own role', async () => {
    const me = await house.client(identityApi, 'planner', house.globex).whoami()
    expect(me).toMatchObject({ organizationId: house.globex.id, role: 'planner' })
    expect((await house.client(tenancyApi, 'planner').getMyOrganization()).slug).toBe('acme')
  })
  it('is ready', async () => {
    const answer = await fetch(`${house.url}/readyz`)
    expect(answer.status).toBe(200)
  })
})
