import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshName, GROUP, idOf, openGround, patch, q, USER, type Ground } from './ground.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
}, 120_000)
afterAll(() => ground.close())

describe('first', () => {
  it('works', async () => {
    const userName = freshName()
    const made = await ground.call('POST', '/Users', { body: { schemas: [USER], userName, name: { givenName: 'Ada', familyName: 'L' }, emails: [{ value: userName, type: 'work', primary: true }], active: true } })
    expect(made).toMatchObject({ status: 201, body: { userName } })
    const list = await ground.call('GET', `/Users?filter=${q(`userName eq "${userName.toUpperCase()}"`)}`)
    expect(list.body).toMatchObject({ totalResults: 1 })
    const off = await ground.call('PATCH', `/Users/${idOf(made)}`, patch({ op: 'Replace', path: 'active', value: 'False' }))
    expect(off).toMatchObject({ status: 200, body: { active: false } })
    const group = await ground.call('POST', '/Groups', { body: { schemas: [GROUP], displayName: 'Tenant Admin', members: [{ value: idOf(made) }] } })
    expect(group).toMatchObject({ status: 201 })
    expect((await ground.call('GET', `/Groups?filter=${q(`members eq "${idOf(made)}"`)}`)).body).toMatchObject({ totalResults: 1 })
    expect(await ground.call('DELETE', `/Users/${idOf(made)}`)).toMatchObject({ status: 204 })
    expect(await ground.call('GET', `/Users/${idOf(made)}`)).toMatchObject({ status: 404 })
  })
})
