// The guide's example is run as it stands: it is the first thing that somebody who connects a system tries.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGround, type Ground } from './ground.ts'

let ground: Ground
const folder = mkdtempSync(join(tmpdir(), 'bss-guide-'))
beforeAll(async () => {
  ground = await openGround()
}, 120_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await ground.close()
})

describe('docs/machine-clients.md', () => {
  it('its program gets a token and comes in with it', async () => {
    const guide = readFileSync(new URL('../../../../../docs/machine-clients.md', import.meta.url), 'utf8')
    const program = /```js\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
    const robot = await ground.robotOf(ground.acme, 'integration', { scopes: ['orders:read'] })
    writeFileSync(join(folder, 'token.mjs'), program)
    writeFileSync(join(folder, 'client.pem'), robot.pair.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const { stdout } = await promisify(execFile)(process.execPath, ['token.mjs'], { cwd: folder, env: { ...process.env, BSS: ground.house.url, CLIENT_ID: robot.id, KID: robot.pair.kid } })
    const account = (await ground.acme.getServiceAccount({ params: { serviceAccountId: robot.serviceAccountId } })).name
    expect(stdout.trim()).toMatch(new RegExp(`^orders:read (59\\d|600) ${account}$`))
  })
})
