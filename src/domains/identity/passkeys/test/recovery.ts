// Recovery administrators of a test: made by hand, enrolled by a link, with an authenticator and a browser of their own.
import { randomBytes } from 'node:crypto'
import { Visitor, type Place } from '../../../../app/demo-idp/visitor.ts'
import { clientOf, fetchSender } from '../../../../kernel/client.ts'
import type { UserId } from '../../../../kernel/ids.ts'
import { Authenticator, withSecretOf, type Cheat } from '../../../../../test/setup/authenticator.ts'
import type { House } from '../../../../../test/setup/house.ts'
import { usersApi } from '../../users/contract.ts'
import { passkeysApi } from '../contract.ts'

export interface Rescuer {
  readonly id: UserId
  readonly authenticator: Authenticator
  readonly visitor: Visitor
}
type Slug = 'acme' | 'globex'

export const usersOf = (house: House, slug: Slug = 'acme') => clientOf(usersApi, house.sender('tenant_admin', house[slug]))
export const passkeysOf = (house: House, slug: Slug = 'acme') => clientOf(passkeysApi, house.sender('tenant_admin', house[slug]))

export async function newAdmin(house: House, slug: Slug = 'acme'): Promise<UserId> {
  const { id } = await usersOf(house, slug).createUser({ body: { userName: `${randomBytes(5).toString('hex')}@example.com`, displayName: 'Rita Rescue' } })
  await usersOf(house, slug).assignUserRole({ params: { userId: id }, body: { role: 'tenant_admin' } })
  return id
}

export async function linkFor(house: House, userId: UserId, slug: Slug = 'acme'): Promise<string> {
  const { url } = await passkeysOf(house, slug).createPasskeyEnrolmentLink({ body: { userId } })
  return url ?? ''
}

/** Follows a link as a browser does; the last page. */
export async function followLink(link: string, { authenticator, visitor }: Omit<Rescuer, 'id'>, cheat: Cheat = {}): Promise<Place> {
  const question = await visitor.submit(withSecretOf(await visitor.go(link.split('#')[0] ?? ''), link))
  return question.status === 200 ? visitor.submit(authenticator.answered(question, cheat), { name: 'Key in the safe' }) : question
}

export async function newRescuer(house: House, slug: Slug = 'acme'): Promise<Rescuer> {
  const rescuer = { id: await newAdmin(house, slug), authenticator: new Authenticator(), visitor: new Visitor() }
  const last = await followLink(await linkFor(house, rescuer.id, slug), rescuer)
  if (last.status !== 201) throw new Error(`No passkey was registered: ${last.status} ${last.html}`)
  return rescuer
}

export async function signInWith({ authenticator, visitor }: Omit<Rescuer, 'id'>, url: string, slug: string, cheat: Cheat = {}): Promise<Place> {
  return visitor.submit(authenticator.answered(await visitor.go(`${url}/sign-in/passkey?org=${slug}`), cheat))
}

/** A client with the session of a browser. */
export const sessionSender = (house: House, visitor: Visitor, cookie = 'bss') => fetchSender({ baseUrl: house.url, token: visitor.cookie(house.url, cookie) ?? '' })
