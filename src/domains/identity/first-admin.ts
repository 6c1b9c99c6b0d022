// The first way into a new organization.
import { newKey } from '../../platform/crypto/keys.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { findAccount, insertServiceAccount } from './accounts/store.ts'
import type { ApiKey } from './contract.ts'
import { replaceFirstKey } from './keys/decide.ts'

const FIRST_ADMIN = 'First Tenant Admin'

export interface FirstAdminKey extends Pick<ApiKey, 'id' | 'serviceAccountId' | 'prefix' | 'expiresAt'> {
  readonly secret: string
}

/** Makes the first Tenant Admin of an organization with a key; done again, it makes the earlier key void and gives another. */
export async function seedFirstAdmin(tx: Tx<'write', 'members:write' | 'keys:write'>): Promise<FirstAdminKey> {
  const accountId = (await findAccount(tx, FIRST_ADMIN)) ?? (await insertServiceAccount(tx, { name: FIRST_ADMIN }, { role: 'tenant_admin', roleId: null, siteIds: null })).id
  const secret = newKey('live')
  const { id, serviceAccountId, prefix, expiresAt } = await replaceFirstKey(tx, accountId, secret)
  return { id, serviceAccountId, prefix, expiresAt, secret }
}
