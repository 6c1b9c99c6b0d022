import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PERMISSIONS, ROLES, type Permission } from '../../../kernel/access.ts'
import { TENANT_ROLES } from '../contract.ts'
import { beyondReach, effectivePermissions, isAdminLeft, type Admin } from '../rules.ts'

const role = fc.constantFrom(...TENANT_ROLES)
const scopes = fc.option(fc.subarray([...PERMISSIONS], { minLength: 1 }))
const caller = fc.record({ role, scopes }).map(({ role, scopes }) => ({ role, permissions: new Set<Permission>(effectivePermissions(ROLES[role].permissions, scopes)) }))

describe('authority', () => {
  it('a key never may more than its role, and never more than its scopes', () => {
    fc.assert(fc.property(role, scopes, (name, wanted) => {
      const held: readonly Permission[] = ROLES[name].permissions
      const effective = effectivePermissions(held, wanted)
      expect(effective.every((each) => held.includes(each) && (wanted === null || wanted.some((scope) => scope === each)))).toBe(true)
      expect(wanted === null ? effective : held).toEqual(held)
    }))
  })
  it('nobody but a whole Tenant Admin hands on what he does not hold', () => {
    fc.assert(fc.property(caller, role, (grantor, name) => {
      const beyond = beyondReach(grantor, ROLES[name].permissions)
      const isWholeAdmin = grantor.role === 'tenant_admin' && grantor.permissions.size === ROLES.tenant_admin.permissions.length
      const lacking = ROLES[name].permissions.filter((each) => !grantor.permissions.has(each))
      expect(beyond).toEqual(isWholeAdmin ? [] : lacking)
    }))
  })
  it('nobody of a tenant hands on a permission of the platform', () => {
    fc.assert(fc.property(caller, (grantor) => {
      expect(beyondReach(grantor, ['platform:read', 'platform:write'])).toHaveLength(2)
    }))
  })
})

const admins: fc.Arbitrary<readonly Admin[]> = fc.array(fc.array(fc.uuid(), { maxLength: 3 }), { maxLength: 4 }).map((list) => list.map((keyIds, index) => ({ accountId: `account ${index}`, keyIds })))

describe('the last Tenant Admin', () => {
  it('one who can enter is never taken away when no other is left who can', () => {
    fc.assert(fc.property(admins, fc.nat(), (list, account) => {
      const chosen = list[account % Math.max(1, list.length)]
      if (chosen === undefined) return
      const others = list.filter((each) => each !== chosen)
      const couldEnter = list.some(({ keyIds }) => keyIds.length > 0)
      const othersCanEnter = others.some(({ keyIds }) => keyIds.length > 0)
      expect(isAdminLeft(list, { accountId: chosen.accountId })).toBe(others.length > 0 && (othersCanEnter || !couldEnter))
      for (const keyId of chosen.keyIds) expect(isAdminLeft(list, { keyId })).toBe(othersCanEnter || chosen.keyIds.length > 1)
    }))
  })
})
