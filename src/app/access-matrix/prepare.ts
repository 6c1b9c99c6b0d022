// Two organizations with one thing of each kind, a key of each role, and the keys that must open nothing.
import { isList, isRecord } from '../../kernel/json.ts'
import { newId } from '../../kernel/ids.ts'
import { keyDigest, newKey } from '../../platform/crypto/keys.ts'
import { expireKey } from '../../platform/db/walls/expire-key.ts'
import { plantPasskeySession } from '../../platform/db/walls/plant-passkey.ts'
import { plantStaffSession } from '../../platform/db/walls/plant-staff.ts'
import { identityApi } from '../../domains/identity/contract.ts'
import { TENANT_ROLES } from '../../domains/identity/contract.ts'
import { usersApi } from '../../domains/identity/users/contract.ts'
import { supportApi } from '../../domains/identity/support/contract.ts'
import { tenancyApi } from '../../domains/tenancy/contract.ts'
import { clientOf, fetchSender } from '../../kernel/client.ts'
import type { OrganizationKeys } from '../people.ts'
import { openOrganization } from '../people.ts'
import { CONTRACTS } from '../rooms.ts'
import { FOREIGN_TAG, operationsOf, type Caller, type MatrixOptions } from './matrix.ts'
import { plantThings, type Things } from './planted.ts'
import { STEPS } from './steps.ts'

const WIDE = { requestsPerSecond: 100_000, burst: 200_000, concurrentRequests: 1_000, rowsPerExport: 1_000_000 } as const

export interface Stage {
  readonly url: string
  readonly operatorKey: string
  readonly own: OrganizationKeys
  readonly foreign: OrganizationKeys
  readonly superuserUrl: string
}

export async function prepareMatrix({ url, operatorKey, own, foreign, superuserUrl }: Stage): Promise<{ readonly options: MatrixOptions; readonly failed: readonly string[] }> {
  const operations = operationsOf(CONTRACTS)
  // What the operator suspends and offboards must be neither of the two that are compared.
  const third = await openOrganization({ url, operatorKey, slug: 'initech', name: 'Initech' })
  await prepareLimits(url, operatorKey, [own.id, foreign.id])
  const mine = await plantThings(url, own.keys.tenant_admin, 'ACME', operations, STEPS)
  const theirs = await plantThings(url, foreign.keys.tenant_admin, FOREIGN_TAG, operations, STEPS)
  const callers = [
    { name: 'global_admin', role: 'global_admin', token: operatorKey }, ...TENANT_ROLES.map((role): Caller => ({ name: role, role, token: own.keys[role] })),
    { name: 'support', role: 'support', token: await supportSessionOf(url, own, superuserUrl) }, ...(await peopleByPasskey(url, own, superuserUrl)),
  ] as const
  const [myWays, theirWays] = [await waysOf(own, mine.things, superuserUrl), await waysOf(foreign, theirs.things, superuserUrl)]
  const heard = (texts: readonly string[]): Set<string> => texts.reduce((found, text) => leaves(parsed(text), found), new Set<string>())
  const known = heard(mine.heard)
  // Codes are said aloud when it is tried whether they are free.
  const codes = new Set(theirs.heard.flatMap((text) => codesIn(parsed(text))))
  const canaries = [...heard(theirs.heard)].filter((value) => !known.has(value) && !codes.has(value) && (/^[0-9a-f-]{36}$/.test(value) || value.includes(FOREIGN_TAG)))
  return {
    failed: [...mine.failed, ...theirs.failed],
    options: {
      url, callers, operations, canaries: [...canaries, foreign.id, foreign.name],
      own: new Map([...mine.things, ...myWays, ['organizationId', third.id]]), foreign: new Map([...theirs.things, ...theirWays, ['organizationId', foreign.id]]),
      unknownKey: newKey('live'), expiredKey: await expiredKeyOf(url, own, superuserUrl),
    },
  }
}

/** A limit that is reached would answer in the place of what is asked for. */
export async function prepareLimits(url: string, operatorKey: string, organizationIds: readonly OrganizationKeys['id'][]): Promise<void> {
  const platform = clientOf(tenancyApi, fetchSender({ baseUrl: url, token: operatorKey }))
  for (const organizationId of organizationIds) await platform.setOrganizationLimits({ params: { organizationId }, body: WIDE })
}

/** Somebody of the organization who recovers it, and somebody of the platform, both by passkey: of just now, and of too long ago for what asks for a recent proof. */
async function peopleByPasskey(url: string, own: OrganizationKeys, superuserUrl: string): Promise<Caller[]> {
  const users = clientOf(usersApi, fetchSender({ baseUrl: url, token: own.keys.tenant_admin }))
  const { id: userId } = await users.createUser({ body: { userName: 'recovery@matrix.example', displayName: 'Recovery administrator' } })
  await users.assignUserRole({ params: { userId }, body: { role: 'tenant_admin' } })
  const person = async (minutesAgo: number): Promise<string> => (await plantPasskeySession(superuserUrl, { organizationId: own.id, userId, minutesAgo })).token
  return [
    { name: 'tenant_admin by passkey', role: 'tenant_admin', token: await person(0) },
    { name: 'tenant_admin by passkey an hour ago', role: 'tenant_admin', token: await person(60), isStale: true },
    { name: 'staff by passkey', role: 'global_admin', token: await staffSessionOf(superuserUrl, 'matrix-staff') },
  ]
}

/** A session and a passkey of the planted person: what a session or a passkey id names. */
async function waysOf({ id: organizationId }: OrganizationKeys, things: Things, superuserUrl: string): Promise<(readonly [string, string])[]> {
  const { sessionId, passkeyId } = await plantPasskeySession(superuserUrl, { organizationId, userId: things.get('userId') ?? '', minutesAgo: 0 })
  return [['sessionId', sessionId], ['passkeyId', passkeyId]]
}

async function staffSessionOf(superuserUrl: string, name: string): Promise<string> {
  const staff = newKey('s')
  await plantStaffSession(superuserUrl, { staffId: newId(), name, sessionId: newId(), digest: keyDigest(staff) })
  return staff
}

/** A real session under a real grant of the own organization; only the passkey of whoever opens it is left out. */
export async function supportSessionOf(url: string, own: OrganizationKeys, superuserUrl: string): Promise<string> {
  const staff = await staffSessionOf(superuserUrl, 'matrix')
  const grant = await clientOf(supportApi, fetchSender({ baseUrl: url, token: own.keys.tenant_admin })).grantSupport({ body: { reason: 'The access matrix asks as support', hours: 8 } })
  const { token } = await clientOf(supportApi, fetchSender({ baseUrl: url, token: staff })).openSupportSession({ body: { organizationId: own.id, supportGrantId: grant.id } })
  return token
}

async function expiredKeyOf(url: string, own: OrganizationKeys, superuserUrl: string): Promise<string> {
  const identity = clientOf(identityApi, fetchSender({ baseUrl: url, token: own.keys.tenant_admin }))
  const account = await identity.createServiceAccount({ body: { name: 'Yesterday', role: 'tenant_admin' } })
  const key = await identity.createKey({ body: { serviceAccountId: account.id, name: 'yesterday', kind: 'test' } })
  await expireKey(superuserUrl, key.id)
  return key.secret ?? ''
}

function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text === '' ? 'null' : text)
  return value
}

const codesIn = (value: unknown): string[] => (isRecord(value) ? ['code', 'sku', 'number'].flatMap((name) => (typeof value[name] === 'string' ? [value[name]] : [])) : [])

function leaves(value: unknown, found: Set<string>): Set<string> {
  if (typeof value === 'string') found.add(value)
  else if (isList(value)) for (const each of value) leaves(each, found)
  else if (isRecord(value)) for (const each of Object.values(value)) leaves(each, found)
  return found
}
