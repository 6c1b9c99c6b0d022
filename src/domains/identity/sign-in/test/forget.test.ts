// The log of sign-ins and the sessions that ended are forgotten after a time: of the organization that is tended, past their time, and no others.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partsOf } from '../../../../app/parts.ts'
import { clientOf } from '../../../../kernel/client.ts'
import type { OrganizationId } from '../../../../kernel/ids.ts'
import { openDatabase, type Database } from '../../../../platform/db/database.ts'
import { systemContext } from '../../../../platform/jobs/system-context.ts'
import { silentLog } from '../../../../platform/log/log.ts'
import { openHouse, type House } from '../../../../../test/setup/house.ts'
import { openSession } from '../../../../../test/setup/session.ts'
import { plant, sql } from '../../../../../test/setup/sql.ts'
import { identityRounds } from '../../rounds.ts'
import { usersApi } from '../../users/contract.ts'
import { forgetSignIns } from '../forget.ts'

let house: House
let worker: Database
beforeAll(async () => {
  house = await openHouse()
  worker = openDatabase({ primaryUrl: house.primaryUrl, replicaUrls: [], secret: house.secret, role: 'bss_worker', poolSize: 2, lanes: 1 })
}, 120_000)
afterAll(async () => {
  await worker.close()
  await house.close()
})

const peek = (text: string, params: readonly string[] = []) => sql(house.superuserUrl, text, params)
const lines = (organizationId: OrganizationId, purpose: string, days: number, count = 1): Promise<unknown> => plant(house.superuserUrl, `
  insert into bss.sign_in_attempt (organization_id, id, at, purpose, outcome, request_id) select $1, gen_random_uuid(), now() - make_interval(days => ${days}), $2, 'planted', '${days}' from generate_series(1, ${count})`, [organizationId, purpose])
/** What is left of the planted lines: purpose and age in days, with their number. */
const left = async (organizationId: OrganizationId): Promise<string[]> =>
  (await peek("select purpose || ' ' || request_id || ' × ' || count(*) from bss.sign_in_attempt where organization_id = $1 and outcome = 'planted' group by purpose, request_id order by 1", [organizationId])).map(([text]) => text ?? '')
const tend = async (): Promise<void> => {
  const { database: _database, ...parts } = partsOf(house.database, house.secret, {})
  for (const round of identityRounds(parts)) await round.run(worker, silentLog, new AbortController().signal)
}

describe('the log of sign-ins', () => {
  it('is forgotten in the organization that is tended, and in no other', async () => {
    for (const { id } of [house.acme, house.globex]) await lines(id, 'sign_in', 181)
    const forget = (organizationId: OrganizationId): Promise<number> =>
      worker.housekeep(systemContext({ organizationId, permissions: ['identity:write', 'members:write'], operation: 'test.forget' }), (tx) => forgetSignIns(tx, 10))
    expect(await forget(house.acme.id)).toBe(1)
    expect(await forget(house.acme.id)).toBe(0)
    expect([await left(house.acme.id), await left(house.globex.id)]).toEqual([[], ['sign_in 181 × 1']])
  })
  it('keeps lines of people for 180 days and of programs for 30, however many there are', async () => {
    for (const purpose of ['sign_in', 'passkey', 'scim', 'token']) for (const days of [0, 29, 31, 179, 181]) await lines(house.acme.id, purpose, days)
    await lines(house.acme.id, 'scim', 40, 2_500)
    await tend()
    const kept = [0, 179, 29, 31]
    expect(await left(house.acme.id)).toEqual([...kept.map((days) => `passkey ${days} × 1`), 'scim 0 × 1', 'scim 29 × 1', ...kept.map((days) => `sign_in ${days} × 1`), 'token 0 × 1', 'token 29 × 1'])
    expect(await left(house.globex.id)).toEqual([])
  })
  it('loses no younger line to anybody, not even to the role that forgets the old ones', async () => {
    await lines(house.globex.id, 'sign_in', 179)
    await expect(peek('delete from bss.sign_in_attempt where organization_id = $1', [house.globex.id])).rejects.toThrow('append-only')
    await expect(sql(house.superuserUrl, ['set role bss_gateway', `delete from bss.sign_in_attempt where organization_id = '${house.globex.id}'`])).rejects.toThrow('append-only')
    await expect(sql(house.superuserUrl, ['set role bss_gateway', "update bss.sign_in_attempt set outcome = 'ok'"])).rejects.toThrow('permission denied')
    await expect(sql(house.superuserUrl, ['set role bss_worker', 'delete from bss.sign_in_attempt'])).rejects.toThrow('permission denied')
    await expect(sql(house.superuserUrl, ['set role bss_app', 'select sec.forget_sign_ins(1)'])).rejects.toThrow('permission denied')
    expect(await left(house.globex.id)).toEqual(['sign_in 179 × 1'])
  })
})

describe('a session of a person', () => {
  it('is forgotten 180 days after its end, with the note of its last use', async () => {
    const { id: userId } = await clientOf(usersApi, house.sender('tenant_admin')).createUser({ body: { userName: 'old@acme.example', displayName: 'Old' } })
    for (let count = 0; count < 3; count += 1) await openSession(house.superuserUrl, { organizationId: house.acme.id, userId })
    await plant(house.superuserUrl, `
      update bss.session s set expires_at = now() - case n.n when 1 then interval '181 days' when 2 then interval '179 days' else interval '-1 hour' end, updated_by = s.created_by
        from (select id, row_number() over (order by id) as n from bss.session where user_id = $1) n where n.id = s.id`, [userId])
    await plant(house.superuserUrl, 'insert into bss.session_use (organization_id, session_id, last_used_at) select organization_id, id, now() from bss.session where user_id = $1', [userId])
    const ages = () => peek("select extract(day from now() - s.expires_at)::int::text, (u.session_id is not null)::text from bss.session s left join bss.session_use u on u.session_id = s.id where s.user_id = $1 order by 1 desc", [userId])
    expect(await ages()).toEqual([['181', 'true'], ['179', 'true'], ['0', 'true']])
    await tend()
    expect(await ages()).toEqual([['179', 'true'], ['0', 'true']])
    expect(await peek('select count(*) from bss.session_use u where not exists (select from bss.session s where s.id = u.session_id)')).toEqual([['0']])
  })
})
