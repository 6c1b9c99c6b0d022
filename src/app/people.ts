// One key per role: how the demo and the tests fill a new organization, through the API like anybody else.
import { identityApi, TENANT_ROLES, type TenantRole } from '../domains/identity/contract.ts'
import { tenancyApi } from '../domains/tenancy/contract.ts'
import { ROLES } from '../kernel/access.ts'
import { clientOf, fetchSender } from '../kernel/client.ts'
import type { OrganizationId } from '../kernel/ids.ts'

export interface OrganizationKeys {
  readonly id: OrganizationId
  readonly slug: string
  readonly name: string
  /** Role → secret of a key with that role. */
  readonly keys: Readonly<Record<TenantRole, string>>
}
export interface Opening {
  readonly url: string
  readonly operatorKey: string
  readonly slug: string
  readonly name: string
}

/** Opens an organization and makes a service account with a key for each role. */
export async function openOrganization({ url, operatorKey, slug, name }: Opening): Promise<OrganizationKeys> {
  const platform = clientOf(tenancyApi, fetchSender({ baseUrl: url, token: operatorKey }))
  const { organization, firstKey } = await platform.createOrganization({ body: { slug, name } })
  const identity = clientOf(identityApi, fetchSender({ baseUrl: url, token: firstKey.secret }))
  const keyFor = async (role: TenantRole): Promise<string> => {
    const account = await identity.createServiceAccount({ body: { name: `${ROLES[role].title} (demo)`, role } })
    const key = await identity.createKey({ body: { serviceAccountId: account.id, name: 'demo', kind: 'test' } })
    if (key.secret === null) throw new Error(`The key of ${role} came without its secret.`)
    return key.secret
  }
  const keys: Partial<Record<TenantRole, string>> = {}
  for (const role of TENANT_ROLES) keys[role] = await keyFor(role)
  return { id: organization.id, slug, name, keys: complete(keys) }
}

function complete(keys: Partial<Record<TenantRole, string>>): Record<TenantRole, string> {
  const of = (role: TenantRole): string => {
    const key = keys[role]
    if (key === undefined) throw new Error(`There is no key of ${role}.`)
    return key
  }
  return {
    tenant_admin: of('tenant_admin'), planner: of('planner'), warehouse_operator: of('warehouse_operator'), warehouse_lead: of('warehouse_lead'), finance: of('finance'),
    auditor: of('auditor'), integration: of('integration'), twin_engineer: of('twin_engineer'),
  }
}
