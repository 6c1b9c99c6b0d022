import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../../../../test/setup/database.ts'
import { PLATFORM_ORGANIZATION } from '../../../kernel/ids.ts'
import { createAuthenticate, createOperatorKey, revokeOperatorKey } from '../index.ts'

let house: FreshDatabase
beforeAll(async () => {
  house = await freshDatabase()
})
afterAll(() => house.close())

const from = (token: string, remoteAddress = '192.0.2.7') => ({ token, remoteAddress })
const clock = { nowMs: () => Date.now() }

describe('keys of the platform', () => {
  it('a Global Admin key holds platform permissions and nothing of any organization', async () => {
    const { secret } = await createOperatorKey(house.database, { name: 'operator one' })
    const principal = await createAuthenticate(house.database, clock)(from(secret))
    expect(principal?.organizationId).toBe(PLATFORM_ORGANIZATION)
    expect([...(principal?.permissions ?? [])]).toEqual(['platform:read', 'platform:write'])
    expect(principal?.role).toBe('global_admin')
  })
  it('a revoked one opens nothing, and its name is free again', async () => {
    const { secret } = await createOperatorKey(house.database, { name: 'operator two' })
    await expect(createOperatorKey(house.database, { name: 'operator two' })).rejects.toMatchObject({ code: 'conflict' })
    await revokeOperatorKey(house.database, 'operator two')
    expect(await createAuthenticate(house.database, clock)(from(secret))).toBeNull()
    await expect(revokeOperatorKey(house.database, 'operator two')).rejects.toMatchObject({ code: 'not_found' })
    await createOperatorKey(house.database, { name: 'operator two' })
  })
  it('an expired one opens nothing', async () => {
    const { secret } = await createOperatorKey(house.database, { name: 'operator three', expiresInDays: 2 })
    const later = (days: number) => createAuthenticate(house.database, { nowMs: () => Date.now() + days * 86_400_000 })
    expect(await later(1.9)(from(secret))).not.toBeNull()
    expect(await later(2.1)(from(secret))).toBeNull()
  })
  it('one bound to a network opens nothing from elsewhere', async () => {
    const { secret } = await createOperatorKey(house.database, { name: 'operator four', cidrs: ['10.1.0.0/16'] })
    const authenticate = createAuthenticate(house.database, clock)
    expect(await authenticate(from(secret, '10.1.200.3'))).not.toBeNull()
    expect(await authenticate(from(secret, '::ffff:10.1.200.3'))).not.toBeNull()
    expect(await authenticate(from(secret, '10.2.0.1'))).toBeNull()
  })
})
