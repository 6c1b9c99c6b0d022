// People of every role sign in with a real browser, through the real redirects of their companies' providers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES } from '../../src/kernel/access.ts'
import { isList, isRecord } from '../../src/kernel/json.ts'
import { COMPANIES } from '../../src/app/demo-idp/people.ts'
import { openBrowser, picture, violationsOf, type BrowserOfTests } from './browser.ts'
import { goToProvider, openGround, signIn, type Ground } from './ground.ts'

let ground: Ground
let browser: BrowserOfTests
beforeAll(async () => {
  browser = await openBrowser()
  ground = await openGround()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await ground?.close()
})

const PEOPLE = COMPANIES.flatMap(({ slug, people }) => (slug === 'acme' || slug === 'globex' ? people.map(({ role, name }) => ({ slug, role, name }) as const) : []))

describe('somebody who clicks "Sign in"', () => {
  it.each(PEOPLE)('$name, $role of $slug, lands in the right organization with the right rights', async ({ slug, role, name }) => {
    const { page, complaints } = await browser.newWindow()
    await signIn(page, ground, slug, role)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(ground.company(slug).name)
    expect(await page.locator('main').textContent()).toContain(`You are signed in as ${name}, ${ROLES[role].title}`)
    const who: unknown = await (await page.request.get(`${ground.origin}/api/v1/whoami`)).json()
    expect(who).toMatchObject({ organizationId: ground[slug].id, role, actor: { kind: 'user', name } })
    const permissions = isRecord(who) && isList(who['permissions']) ? who['permissions'] : []
    expect(permissions).toEqual([...ROLES[role].permissions].toSorted((a, b) => (a < b ? -1 : 1)))
    expect((await page.request.get(`${ground.origin}/api/v1/orders`)).status()).toBe(permissions.includes('orders:read') ? 200 : 403)
    expect(complaints).toEqual([])
    await page.context().close()
  }, 60_000)

  it.each(['acme', 'globex'] as const)('of %s comes in with the keyboard alone, and without scripts', async (slug) => {
    const { page } = await browser.newWindow({ javaScriptEnabled: false })
    await page.goto(ground.origin)
    await page.keyboard.type(`paul.park@${slug}.example`)
    await page.keyboard.press('Enter')
    await page.getByText('choose who you are').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    // Without scripts the provider's page asks for one more step.
    const onward = page.getByRole('button', { name: 'Continue' })
    const home = page.getByText('You are signed in as')
    await onward.or(home).waitFor()
    if (slug === 'globex') await onward.press('Enter')
    await home.waitFor()
    expect(await page.locator('main').textContent()).toContain('Paul Park, Planner')
    await page.context().close()
  }, 60_000)

  it('with an address of an unknown domain is told what to do, and nothing else', async () => {
    const { page } = await browser.newWindow()
    await page.goto(ground.origin)
    await page.getByLabel('Work e-mail').fill('eve@nowhere.example')
    await page.getByRole('button', { name: 'Continue' }).click()
    const notice = page.getByRole('status')
    await notice.waitFor()
    expect(await notice.textContent()).toContain('has not finished setting up sign-in yet')
    expect(await page.getByLabel('Work e-mail').inputValue()).toBe('eve@nowhere.example')
    expect(await violationsOf(page)).toEqual([])
    await page.context().close()
  })
})

describe('somebody who signs out', () => {
  it.each(['acme', 'globex'] as const)('of %s is out, here and for the next who sits down', async (slug) => {
    const { page, complaints } = await browser.newWindow()
    await signIn(page, ground, slug, 'finance')
    await page.getByRole('button', { name: 'Sign out' }).click()
    const end = page.getByRole('heading', { name: 'You are signed out' })
    const asks = page.getByRole('button', { name: 'Sign out here too' })
    await end.or(asks).waitFor()
    expect(await violationsOf(page)).toEqual([])
    if (await asks.isVisible()) await asks.click()
    await end.waitFor()
    expect(new URL(page.url()).pathname).toBe('/signed-out')
    expect((await page.request.get(`${ground.origin}/api/v1/whoami`)).status()).toBe(401)
    await page.goto(ground.origin)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    expect(complaints).toEqual([])
    await page.context().close()
  }, 60_000)
})

describe('no page has a fault that axe finds, in light or in dark', () => {
  it('on the way in', async () => {
    const { page } = await browser.newWindow()
    await page.goto(`${ground.origin}/sign-in`)
    await picture(page, 'sign-in')
    expect(await violationsOf(page)).toEqual([])
    // A provider that has no content to show leaves the browser on the step before it.
    await page.route(`${ground.providers.origin}/**`, (route) => route.fulfill({ status: 204 }))
    await page.getByLabel('Work e-mail').fill('paul.park@acme.example')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'One moment' }).waitFor()
    expect(await violationsOf(page)).toEqual([])
    await page.unroute(`${ground.providers.origin}/**`)
    for (const email of ['paul.park@globex.example', 'paul.park@acme.example']) {
      await goToProvider(page, ground, email)
      expect(await violationsOf(page)).toEqual([])
    }
    await picture(page, 'provider')
    await page.getByRole('button', { name: 'Paul Park' }).click()
    await page.waitForURL(`${ground.origin}/`)
    await picture(page, 'home')
    expect(await violationsOf(page)).toEqual([])
    await page.goto(`${ground.origin}/account/passkeys`)
    expect(await violationsOf(page)).toEqual([])
    await page.context().close()
  }, 120_000)

  it.each([
    '/sign-in/of/acme', '/sign-in/of/nobody', '/sign-in/passkey', '/sign-in/passkey?org=acme', '/passkeys/enrol?org=acme', '/signed-out', '/setup', '/platform/sign-in',
    '/auth/start/00000000-0000-7000-8000-000000000000', 'refused',
  ])('at %s', async (path) => {
    const { page, complaints } = await browser.newWindow()
    await page.goto(`${ground.origin}${path === 'refused' ? `/auth/oidc/${ground.connections.acme.id}/callback?state=none` : path}`)
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    expect(await violationsOf(page)).toEqual([])
    expect(complaints).toEqual([])
    await page.context().close()
  }, 60_000)
})
