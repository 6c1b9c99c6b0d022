// The demo's house as a browser meets it: known as localhost, while the companies' providers are at 127.0.0.1, so that the way between
// them is from site to site, as it is in earnest.
import { createServer } from 'node:net'
import type { Page } from 'playwright-core'
import { announcePeople } from '../../src/app/demo-idp/directory.ts'
import type { Connection } from '../../src/domains/identity/connections/contract.ts'
import { openSignInHouse, type SignInHouse } from '../setup/sign-in.ts'

export interface Ground extends SignInHouse {
  /** By which browsers know the service. */
  readonly origin: string
  readonly connections: Readonly<Record<'acme' | 'globex', Connection>>
}

const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
  })
})

export async function openGround(): Promise<Ground> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const house = await openSignInHouse({ http: { port, publicUrl: origin } })
  const connections = { acme: await house.setUp('acme'), globex: await house.setUp('globex') }
  for (const slug of ['acme', 'globex'] as const) await announcePeople(house.url, house[slug].keys.tenant_admin, house.company(slug), connections[slug].id)
  return { ...house, origin, connections }
}

/** From the start to the provider's page, as a newcomer goes. */
export async function goToProvider(page: Page, { origin }: Ground, email: string): Promise<void> {
  await page.goto(origin)
  await page.getByLabel('Work e-mail').fill(email)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('choose who you are').waitFor()
}

/** The whole way in. */
export async function signIn(page: Page, ground: Ground, slug: 'acme' | 'globex', role: string): Promise<void> {
  const person = ground.company(slug).people.find((each) => each.role === role)
  if (person === undefined) throw new Error(`${slug} has nobody who is ${role}.`)
  await goToProvider(page, ground, person.email)
  await page.getByRole('button', { name: person.name }).click()
  await page.waitForURL(`${ground.origin}/`)
}
