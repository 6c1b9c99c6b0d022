// People of the platform in a test: enrolled by the link of the command line, signed in by a passkey.
import { Visitor, type Place } from '../../../../app/demo-idp/visitor.ts'
import { clientOf, fetchSender } from '../../../../kernel/client.ts'
import { Authenticator, formOf, withSecretOf, type Cheat } from '../../../../../test/setup/authenticator.ts'
import type { House } from '../../../../../test/setup/house.ts'
import { createStaffLink } from '../../staff/enrol.ts'
import { supportApi } from '../contract.ts'

export interface StaffOfTest {
  readonly name: string
  readonly authenticator: Authenticator
  readonly visitor: Visitor
}

export async function followStaffLink(link: string, { authenticator, visitor }: StaffOfTest, cheat: Cheat = {}): Promise<Place> {
  const question = await visitor.submit(withSecretOf(await visitor.go(link.split('#')[0] ?? ''), link))
  return question.status === 200 ? visitor.submit(authenticator.answered(question, cheat)) : question
}

export async function newStaff(house: House, name: string): Promise<StaffOfTest> {
  const staff = { name, authenticator: new Authenticator(), visitor: new Visitor() }
  const { url } = await createStaffLink(house.database, house.url, name)
  const last = await followStaffLink(url, staff)
  if (last.status !== 201) throw new Error(`No passkey was registered: ${last.status} ${last.html}`)
  await signInStaff(house, staff)
  return staff
}

export const signInStaff = async (house: House, { authenticator, visitor }: StaffOfTest, cheat: Cheat = {}): Promise<Place> =>
  visitor.submit(authenticator.answered(await visitor.go(`${house.url}/platform/sign-in`), cheat))

export const tokenOf = (house: House, { visitor }: StaffOfTest): string => visitor.cookie(house.url, 'bss_staff') ?? ''
export const deskOf = (house: House, staff: StaffOfTest) => clientOf(supportApi, fetchSender({ baseUrl: house.url, token: tokenOf(house, staff) }))
export const grantsOf = (house: House, slug: 'acme' | 'globex' = 'acme') => clientOf(supportApi, house.sender('tenant_admin', house[slug]))
export const post = (house: House, { visitor }: StaffOfTest, path: string, fields: Readonly<Record<string, string>>): Promise<Place> =>
  visitor.submit(formOf({ url: `${house.url}/platform`, status: 200, html: '', headers: new Headers() }, path), fields)
