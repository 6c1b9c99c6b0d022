// A person of an organization with a role and an open session, made through the API but for the session itself.
import { randomBytes } from 'node:crypto'
import { openSession } from '../../../../test/setup/session.ts'
import type { UserId } from '../../../kernel/ids.ts'
import type { Clients, Estate, OrganizationOfTest } from '../../tenancy/test/estate.ts'
import type { RoleGiven } from '../schema.ts'

export interface PersonOfTest {
  readonly id: UserId
  readonly client: Clients
}

export async function newPerson(estate: Estate, { id: organizationId, admin }: OrganizationOfTest, role: RoleGiven | null, server = 0): Promise<PersonOfTest> {
  const { id } = await admin.createUser({ body: { userName: `${randomBytes(5).toString('hex')}@example.com`, displayName: 'Somebody' } })
  if (role !== null) await admin.assignUserRole({ params: { userId: id }, body: role })
  return { id, client: estate.client(await openSession(estate.house.superuserUrl, { organizationId, userId: id }), server) }
}

export const statusOf = (call: Promise<unknown>): Promise<number> => call.then(() => 200, (error: { status: number }) => error.status)
/** What a refusal says, without what differs by nature. */
export const refusalOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => null, (error: { status: number; code: string; detail: string; errors: unknown }) => ({ status: error.status, code: error.code, detail: error.detail, errors: error.errors }))
/** The sentence of a refusal with its status, `409 This person comes from …`; empty when it was none. */
export const saidOf = (call: Promise<unknown>): Promise<string> => call.then(() => '', (error: { status: number; detail: string }) => `${error.status} ${error.detail}`)
/** As the second server, which remembers callers by itself, comes to see it: well before the poll behind the notification. */
export const AT_ONCE = { timeout: 900, interval: 5 } as const
