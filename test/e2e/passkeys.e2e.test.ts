// Recovery administrators with a real browser and its authenticator: the one script of the pages does what it says, and says what went wrong.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectionsApi } from '../../src/domains/identity/connections/contract.ts'
import { linkFor, newAdmin, passkeysOf } from '../../src/domains/identity/passkeys/test/recovery.ts'
import type { UserId } from '../../src/kernel/ids.ts'
import { plant, sql } from '../setup/sql.ts'
import { plugIn, type BrowserAuthenticator } from './authenticator.ts'
import { openBrowser, violationsOf, type BrowserOfTests, type Window } from './browser.ts'
import { openGround, type Ground } from './ground.ts'

type Slug = 'acme' | 'globex'
interface Rescuer extends Window {
  readonly id: UserId
  readonly authenticator: BrowserAuthenticator
}

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

const title = (page: Page): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent()
const whoami = async (page: Page): Promise<unknown> => (await page.request.get(`${ground.origin}/api/v1/whoami`)).json()
const passkeysCount = async (id: UserId): Promise<number> => (await passkeysOf(ground).listPasskeys({ query: { limit: 200 } })).items.filter(({ userId }) => userId === id).length
const lastAttempt = async (slug: Slug = 'acme') => (await ground.client(connectionsApi, 'tenant_admin', ground[slug]).listSignInAttempts({ query: { limit: 1 } })).items[0]

/** Opens the link in a browser of its own, up to the question for a passkey. */
async function atQuestion(slug: Slug = 'acme'): Promise<Rescuer> {
  const window = await browser.newWindow()
  const authenticator = await plugIn(window.page)
  const id = await newAdmin(ground, slug)
  await window.page.goto(await linkFor(ground, id, slug))
  // The secret of the link is out of the address, and so out of the history, before anything is sent.
  expect(new URL(window.page.url()).hash).toBe('')
  await window.page.getByRole('button', { name: 'Continue' }).click()
  await window.page.getByLabel('Name of this passkey').fill('Laptop')
  return { ...window, id, authenticator }
}
const register = (page: Page): Promise<void> => page.getByRole('button', { name: 'Register a passkey' }).click()
async function registered(slug: Slug = 'acme'): Promise<Rescuer> {
  const rescuer = await atQuestion(slug)
  await register(rescuer.page)
  await rescuer.page.getByRole('heading', { name: 'Your passkey is registered' }).waitFor()
  return rescuer
}
async function use(page: Page, slug: Slug): Promise<void> {
  await page.goto(`${ground.origin}/sign-in/passkey?org=${slug}`)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
}
async function signIn(rescuer: Rescuer, slug: Slug = 'acme'): Promise<void> {
  await use(rescuer.page, slug)
  await rescuer.page.waitForURL(`${ground.origin}/`)
}
const said = async (page: Page, sentence: RegExp): Promise<void> => page.getByRole('status').filter({ hasText: sentence }).waitFor()

describe('a recovery administrator', () => {
  it('registers a passkey by a link, signs in with it, and proves again with it what asks for a recent proof', async () => {
    const rescuer = await registered()
    const { page, id, authenticator, complaints } = rescuer
    expect(await violationsOf(page)).toEqual([])
    await page.getByRole('link', { name: 'Sign in' }).click()
    expect(await title(page)).toBe('Sign in to acme')
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL(`${ground.origin}/`)
    expect(await whoami(page)).toMatchObject({ organizationId: ground.acme.id, role: 'tenant_admin', actor: { kind: 'user', id }, session: { kind: 'person' } })
    expect(await lastAttempt()).toMatchObject({ purpose: 'passkey', outcome: 'ok', userId: id })

    await plant(ground.superuserUrl, "update bss.session set authenticated_at = now() - interval '11 minutes' where user_id = $1", [id])
    const options = () => page.request.post(`${ground.origin}/api/v1/identity/passkeys/options`, { headers: { origin: ground.origin } })
    await expect.poll(async () => (await options()).status(), { timeout: 10_000 }).toBe(401)
    expect(await (await options()).json()).toMatchObject({ code: 'step_up_required' })
    await page.goto(`${ground.origin}/account/passkeys`)
    expect(await violationsOf(page)).toEqual([])
    await page.getByRole('link', { name: 'or by a passkey' }).click()
    await page.getByLabel('Short name of the organization').fill('acme')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL(`${ground.origin}/`)
    expect((await options()).status()).toBe(200)
    expect((await authenticator.counters()).every((count) => count > 0)).toBe(true)
    expect(complaints).toEqual([])
    await page.context().close()
  }, 90_000)

  it('adds a passkey of another device while signed in; the same device is told that it is registered already', async () => {
    const rescuer = await registered()
    const { page, id, authenticator } = rescuer
    await signIn(rescuer)
    await page.goto(`${ground.origin}/account/passkeys`)
    await page.getByLabel('Name of this passkey').fill('The same')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await said(page, /registered already/)
    expect(await passkeysCount(id)).toBe(1)
    await authenticator.forget()
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByText('The same', { exact: true }).waitFor()
    expect(await passkeysCount(id)).toBe(2)
    await page.context().close()
  }, 90_000)
})

describe('what is refused', () => {
  it('somebody who cancels, or does not show who they are, registers nothing, is told so, and can try again on the same page', async () => {
    const { page, id, authenticator, complaints } = await atQuestion()
    await authenticator.setUserVerified(false)
    await register(page)
    await said(page, /cancelled, took too long/)
    expect(await violationsOf(page)).toEqual([])
    expect([await title(page), await passkeysCount(id), await authenticator.counters()]).toEqual(['Register a passkey', 0, []])
    await authenticator.setUserVerified(true)
    await register(page)
    await page.getByRole('heading', { name: 'Your passkey is registered' }).waitFor()
    expect(await passkeysCount(id)).toBe(1)
    expect(complaints).toEqual([])
    await page.context().close()
  }, 60_000)

  it('somebody who cancels while signing in is told so, has no session, and can try again', async () => {
    const { page, authenticator } = await registered()
    await authenticator.setUserVerified(false)
    await use(page, 'acme')
    await said(page, /cancelled, took too long/)
    expect((await page.request.get(`${ground.origin}/api/v1/whoami`)).status()).toBe(401)
    await authenticator.setUserVerified(true)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL(`${ground.origin}/`)
    await page.context().close()
  }, 60_000)

  it('the authenticator of another organization’s administrator opens nothing, and the log says why', async () => {
    const rescuer = await registered('globex')
    const { page } = rescuer
    await use(page, 'acme')
    await page.getByRole('heading', { name: 'Sign-in did not work' }).waitFor()
    expect((await page.request.get(`${ground.origin}/api/v1/whoami`)).status()).toBe(401)
    expect(await lastAttempt()).toMatchObject({ purpose: 'passkey', outcome: 'unknown_passkey', userId: null })
    // It was the organization that did not fit, not the authenticator.
    await signIn(rescuer, 'globex')
    expect(await whoami(page)).toMatchObject({ organizationId: ground.globex.id })
    await page.context().close()
  }, 60_000)

  it('an authenticator whose passkey was deleted here opens nothing, nor does one that has none', async () => {
    const rescuer = await registered()
    const { page, id, authenticator } = rescuer
    await signIn(rescuer)
    await page.context().clearCookies()
    const [mine] = (await passkeysOf(ground).listPasskeys({ query: { limit: 200 } })).items.filter(({ userId }) => userId === id)
    if (mine === undefined) throw new Error('There is no passkey.')
    await passkeysOf(ground).removePasskey({ params: { passkeyId: mine.id } })
    await use(page, 'acme')
    await page.getByRole('heading', { name: 'Sign-in did not work' }).waitFor()
    expect(await lastAttempt()).toMatchObject({ outcome: 'unknown_passkey' })
    await authenticator.forget()
    await use(page, 'acme')
    await said(page, /no passkey for here/)
    expect(await sql(ground.superuserUrl, 'select count(*) from bss.session where user_id = $1', [id])).toEqual([['1']])
    await page.context().close()
  }, 60_000)
})
