// Whoever looks after a company's provider sets up its sign-in with a real browser, from the link to a test sign-in that worked.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newDemoState } from '../../src/app/demo-idp/state.ts'
import { setupApi } from '../../src/domains/identity/setup/contract.ts'
import { openBrowser, picture, violationsOf, type BrowserOfTests } from './browser.ts'
import { openGround, type Ground } from './ground.ts'

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

const heading = (page: Page): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent()

describe('the set-up page', () => {
  it('leads from the link to a test sign-in, says why the first is refused, and has no fault that axe finds', async () => {
    const { url } = await ground.client(setupApi, 'tenant_admin').createSetupLink({ body: { name: 'Ida of IT' } })
    const { page, complaints } = await browser.newWindow()
    const look = async (name?: string): Promise<void> => {
      expect(await violationsOf(page)).toEqual([])
      if (name !== undefined) await picture(page, name)
    }
    await page.goto(url ?? '')
    await look('setup-begin')
    await page.getByRole('button', { name: 'Begin here' }).click()
    await page.getByRole('heading', { name: 'Your provider' }).waitFor()
    expect(page.url()).toBe(`${ground.origin}/setup`)
    await look('setup-provider')

    const other = await browser.newWindow()
    await other.page.goto(url ?? '')
    expect(await heading(other.page)).toBe('This link does not work')
    expect(await violationsOf(other.page)).toEqual([])
    await other.page.context().close()

    await page.getByLabel('Another OpenID Connect provider').check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'Connection', exact: true }).waitFor()
    await look('setup-connection')
    const redirectUri = (await page.locator('dd code').first().textContent()) ?? ''
    const { client } = await newDemoState()
    ground.providers.know({ ...client, redirectUri, backchannelLogoutUri: `${redirectUri}/unused`, afterSignOut: `${ground.origin}/signed-out` }, null)
    await page.getByLabel('Name of the connection').fill('Acme, by Ida')
    await page.getByLabel('Issuer').fill('http://192.0.2.1/')
    await page.getByLabel('Client ID').fill(client.clientId)
    await page.getByLabel('Client secret').fill('not the secret')
    await page.getByRole('button', { name: 'Save and continue' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.title()).toMatch(/^Error: /)
    expect(await page.getByLabel('Issuer').getAttribute('aria-invalid')).toBe('true')
    expect([await page.getByLabel('Client ID').inputValue(), await page.getByLabel('Client secret').inputValue()]).toEqual([client.clientId, ''])
    await look()
    await page.getByLabel('Issuer').fill(ground.providers.origin)
    await page.getByLabel('Client secret').fill('not the secret')
    await page.getByRole('button', { name: 'Save and continue' }).click()

    await page.getByLabel('Domain', { exact: true }).fill('by-ida.example')
    await page.getByRole('button', { name: 'Add' }).click()
    const check = page.getByRole('button', { name: 'Check by-ida.example now' })
    await check.click()
    await page.getByRole('alert').waitFor()
    await look('setup-domain')
    const [record = '', , value = ''] = await page.locator('.card dd code').allTextContents()
    ground.zone.set(record, [value])
    await check.click()
    await page.getByText('Proven.').waitFor()
    await look()

    await page.getByRole('link', { name: 'Go on to the test sign-in' }).click()
    await page.getByRole('heading', { name: 'Test sign-in' }).waitFor()
    await look()
    await page.getByRole('button', { name: 'Try a sign-in' }).click()
    await page.getByRole('button', { name: 'Paul Park' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').textContent()).toContain('client_refused')
    expect(await page.locator('main').textContent()).toContain('Copy both again')
    await look('setup-refused')

    await page.getByRole('link', { name: 'Change the connection' }).click()
    await page.getByLabel('Client secret').fill(client.clientSecret)
    await page.getByRole('button', { name: 'Save and continue' }).click()
    await page.getByRole('link', { name: 'Go on to the test sign-in' }).click()
    await page.getByRole('button', { name: 'Try it again' }).click()
    const worked = page.getByText('The test sign-in worked')
    await page.getByRole('button', { name: 'Paul Park' }).or(worked).waitFor()
    if (await page.getByRole('button', { name: 'Paul Park' }).isVisible()) await page.getByRole('button', { name: 'Paul Park' }).click()
    await worked.waitFor()
    expect(await page.locator('main').textContent()).toContain('paul.park@acme.example')
    await look('setup-worked')
    await page.getByRole('link', { name: 'Go on', exact: true }).click()
    expect(await page.locator('main').textContent()).toContain('can neither activate nor enforce')
    await look('setup-done')
    await page.getByRole('button', { name: 'Finish: end this link' }).click()
    await page.getByRole('heading', { name: 'Thank you' }).waitFor()
    await look()
    await page.goto(`${ground.origin}/setup`)
    expect(await heading(page)).toBe('This link does not work')
    await page.goto(ground.origin)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    expect(complaints).toEqual([])
    await page.context().close()
  }, 180_000)
})
