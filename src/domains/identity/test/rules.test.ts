import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIELD_CLASSES, PERMISSIONS, ROLES, type FieldClass, type Permission } from '../../../kernel/access.ts'
import { TENANT_ROLES } from '../contract.ts'
import { authorityOf, beyondGrant, beyondReach, effectivePermissions, isAdminKept, type Admin } from '../rules.ts'

const role = fc.constantFrom(...TENANT_ROLES)
const scopes = fc.option(fc.subarray([...PERMISSIONS], { minLength: 1 }))
const caller = fc.record({ role, scopes }).map(({ role, scopes }) => ({
  role, permissions: new Set<Permission>(effectivePermissions(ROLES[role].permissions, scopes)), fieldClasses: new Set<FieldClass>(ROLES[role].fieldClasses), sites: null,
}))

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

describe('what may be handed on', () => {
  it('is never wider than the fence around the caller, and a fenced Tenant Admin is no whole one', () => {
    const fenced = { permissions: new Set<Permission>(ROLES.tenant_admin.permissions), fieldClasses: new Set<FieldClass>(ROLES.tenant_admin.fieldClasses), sites: new Set(['a', 'b']) }
    const grant = (sites: readonly string[] | null) => beyondGrant(fenced, { ...ROLES.planner, sites })
    expect([grant(['a']), grant(['a', 'b'])]).toEqual([[], []])
    expect([grant(['a', 'c']), grant(null)]).toEqual([['sites other than yours'], ['sites other than yours']])
    expect(beyondReach(fenced, ['finance:read'])).toEqual(['finance:read'])
    expect(beyondReach({ ...fenced, sites: null }, ['finance:read'])).toEqual([])
  })
  it('has no field class that the caller may not read', () => {
    fc.assert(fc.property(caller, fc.subarray([...FIELD_CLASSES]), (grantor, fieldClasses) => {
      const isWholeAdmin = ROLES.tenant_admin.permissions.every((each) => grantor.permissions.has(each))
      const lacking = fieldClasses.filter((each) => !grantor.fieldClasses.has(each))
      expect(beyondGrant(grantor, { permissions: [], fieldClasses, sites: null })).toHaveLength(isWholeAdmin ? 0 : lacking.length)
    }))
  })
})

describe('several roles', () => {
  it('add up, and one that is limited to sites limits all of them', () => {
    const planner = { role: 'planner', name: 'planner' }
    const atA = { role: null, name: 'Clerk', permissions: ['stock:adjust', 'platform:write', 'nonsense'], fieldClasses: ['ops', 'nonsense'], sites: ['a'] }
    const sum = authorityOf([planner, atA, { role: 'auditor', name: 'auditor', sites: ['b'] }], 'tenant')
    expect(sum.sites).toEqual(new Set(['a', 'b']))
    expect(sum.permissions).toContain('stock:adjust')
    expect(sum.permissions).not.toContain('platform:write')
    expect(authorityOf([planner], 'tenant').sites).toBeNull()
  })
})

const admins: fc.Arbitrary<readonly Admin[]> = fc.array(fc.record({ keyIds: fc.array(fc.uuid(), { maxLength: 2 }), hasSignIn: fc.boolean() }), { maxLength: 4 }).map((list) => list.map((each, index) => ({ id: `admin ${index}`, ...each })))

describe('the last Tenant Admin', () => {
  it('is kept: after any change one remains, and one who can enter if there was such a one', () => {
    fc.assert(fc.property(admins, admins, (before, after) => {
      const enters = (list: readonly Admin[]) => list.some(({ keyIds, hasSignIn }) => hasSignIn || keyIds.length > 0)
      const expected = before.length === 0 || (after.length > 0 && (enters(after) || !enters(before)))
      expect(isAdminKept(before, after)).toBe(expected)
    }))
  })
})
