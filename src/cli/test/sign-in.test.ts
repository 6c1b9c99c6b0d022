// Sign-in is set up from the command line, against a real server.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSignInHouse, type SignInHouse } from '../../../test/setup/sign-in.ts'
import { EXIT } from '../exit.ts'
import { PROGRAM } from '../program.ts'
import { run } from '../run.ts'
import { paperWorld } from './paper.ts'

let house: SignInHouse
beforeAll(async () => {
  house = await openSignInHouse()
})
afterAll(() => house.close())

async function bss(...argv: string[]): Promise<{ code: number; out: string; talk: string }> {
  const world = paperWorld({ env: { BSS_URL: house.url, BSS_KEY: house.acme.keys.tenant_admin } })
  return { code: await run(PROGRAM, world, argv), out: world.said(), talk: world.talked() }
}

describe('sign-in by the command line', () => {
  test('a connection goes its way by its name, and what is not possible yet is said', async () => {
    const data = JSON.stringify({ oidc: { issuer: house.providers.origin, clientId: 'blue', clientAuth: 'client_secret_basic', scopes: ['openid'] } })
    const made = await bss('connections', 'create', '--name', 'Company', '--kind', 'oidc', '--client-secret', 'not to be shown', '--data', data)
    expect([made.code, made.out]).toEqual([EXIT.ok, expect.stringContaining('/callback')])
    expect(made.out).not.toContain('not to be shown')
    expect((await bss('connections', 'list')).out).toMatch(/^NAME +KIND.*\nCompany +oidc +generic +draft/)
    expect((await bss('connections', 'test', 'Company')).out).toContain(`${house.url}/auth/test/`)
    const early = await bss('connections', 'activate', 'Company')
    expect([early.code, early.talk]).toEqual([EXIT.failed, expect.stringContaining('Test it first')])
    expect((await bss('connections', 'get', 'Nobody')).talk).toContain('There is no connection "Nobody".')
  })
  test('a domain is added, proven and routed by its name', async () => {
    const added = await bss('domains', 'add', '--name', 'cli.example', '--connection-id', 'Company')
    expect(added.out).toContain('_blue-ship-sync.cli.example')
    expect((await bss('domains', 'verify', 'cli.example')).talk).toContain('record_missing')
    house.zone.set('_blue-ship-sync.cli.example', [/blue-ship-sync-verification=\S+/.exec(added.out)?.[0] ?? ''])
    expect((await bss('domains', 'verify', 'cli.example')).code).toBe(EXIT.ok)
    expect((await bss('domains', 'list')).out).toMatch(/cli\.example +verified/)
  })
  test('a set-up link is made, listed without its address and ended', async () => {
    const made = await bss('setup-links', 'create', '--name', 'IT of Acme', '--connection-id', 'Company', '--json')
    const link = /"url": "([^"]*)"/.exec(made.out)?.[1] ?? ''
    expect(link).toMatch(new RegExp(`^${house.url}/setup/acme/bss_s_`))
    const { out } = await bss('setup-links', 'list')
    expect(out).toMatch(/IT of Acme +open/)
    expect(out).not.toContain('bss_s_')
    await bss('setup-links', 'revoke', /"id": "([^"]*)"/.exec(made.out)?.[1] ?? '')
    expect((await fetch(link)).status).toBe(403)
  })
  test('the log of sign-ins names the reason of a refusal', async () => {
    await fetch(`${/(http\S+\/auth\/test\/[0-9a-f-]+)\?/.exec((await bss('connections', 'test', 'Company')).out)?.[1] ?? ''}?ticket=made-up`)
    expect((await bss('sign-ins', 'list')).out).toMatch(/test +ticket_used/)
    const filtered = await bss('sign-ins', 'list', '--outcome', 'no_account')
    expect([filtered.out, filtered.talk]).toEqual(['', 'Nothing found.\n'])
  })
})
