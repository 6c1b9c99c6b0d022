// kill -9 of the service while people sign in, a directory announces and removes people, and the trail is being chained: nothing is half
// there, whoever was removed is out with everything they held, and every entry is tied to the chain exactly once.
import Type from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { announcePeople } from '../../src/app/demo-idp/directory.ts'
import { BATCH } from '../../src/domains/audit/chain/round.ts'
import { auditApi } from '../../src/domains/audit/contract.ts'
import { scimKeysApi } from '../../src/domains/identity/scim/contract.ts'
import { clientOf, fetchSender } from '../../src/kernel/client.ts'
import { faultOf, genesisOf } from '../../src/platform/crypto/audit-chain.ts'
import { startChild, type Child } from '../bench/child.ts'
import { openSignInHouse, type SignInHouse } from '../setup/sign-in.ts'
import { sql } from '../setup/sql.ts'
import { ALL, runIdentityLoad, type IdentityLoad } from './identity-load.ts'

const KILLS_AT = [Math.floor(ALL / 5), Math.floor((ALL * 2) / 5), Math.floor((ALL * 7) / 10)]
/** So many entries wait for the chain that it works on them for several batches. */
const BACKLOG = 20_000

let house: SignInHouse
let service: Child<{ url: string }>
let load: IdentityLoad
const pids = new Set<number>()
/** Entries and links at each kill that was meant for the chain. */
const inTheMiddle: { readonly entries: number; readonly links: number }[] = []

const peek = (text: string): Promise<readonly (readonly (string | null)[])[]> => sql(house.superuserUrl, text, [house.acme.id])
const counts = async () => {
  const [row] = await peek('select (select count(*) from bss.audit_entry where organization_id = $1), (select count(*) from bss.audit_link where organization_id = $1)')
  return { entries: Number(row?.[0]), links: Number(row?.[1]) }
}
const start = async (): Promise<void> => {
  const { primaryUrl, replicaUrls, secret } = house
  service = await startChild('../crash/identity-process.ts', { primaryUrl, replicaUrls, secret: Buffer.from(secret).toString(), port: Number(new URL(house.url).port) }, Type.Object({ url: Type.String() }))
  pids.add(service.pid)
}
const killAndStart = async (): Promise<void> => {
  process.kill(service.pid, 'SIGKILL')
  await start()
}

/** Kills the worker while it has tied some of the waiting entries and not all. */
async function killInTheChain(): Promise<void> {
  const before = await counts()
  // Not by `plant`, which would wait for the replica until the chain is done.
  await sql(house.superuserUrl, `insert into bss.audit_entry (organization_id, id, actor_kind, actor_id, actor_name, operation, request_id, changes)
    select $1, bss.new_id(), 'user', bss.new_id(), 'Somebody', 'crash.plant', 'plant-' || n, jsonb_build_array(jsonb_build_object('entity', 'item', 'id', n::text, 'action', 'changed', 'after', jsonb_build_object('sku', repeat('x', 400)))) from generate_series(1, ${BACKLOG}) n`, [house.acme.id])
  const untilMs = performance.now() + 60_000
  while ((await counts()).links <= before.links + BATCH) {
    if (performance.now() > untilMs) throw new Error('The chain did not begin.')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  process.kill(service.pid, 'SIGKILL')
  inTheMiddle.push(await counts())
  await start()
}

beforeAll(async () => {
  house = await openSignInHouse()
  const connection = await house.setUp('acme')
  await announcePeople(house.url, house.acme.keys.tenant_admin, house.company('acme'), connection.id)
  const { secret } = await house.client(scimKeysApi, 'tenant_admin').createScimKey({ body: { name: 'Crash', connectionId: connection.id } })
  await house.service.stop()
  await start()
  load = await runIdentityLoad({ house, scimKey: secret ?? '', killsAt: KILLS_AT, kill: killAndStart })
  await killInTheChain()
}, 240_000)
afterAll(async () => {
  await service.stop()
  await house.close()
})

describe('the service killed again and again while people sign in and a directory works', () => {
  test('everything is acknowledged in the end, by repeating it', () => {
    expect(load.faults).toEqual([])
    expect([load.sessions.length, load.people.length]).toEqual([36, 64])
    // Otherwise nothing was killed in the middle of anything.
    expect(pids.size).toBe(KILLS_AT.length + 2)
    expect(load.cut.signIns).toBeGreaterThan(0)
    expect(load.cut.requests).toBeGreaterThan(KILLS_AT.length)
  })

  test('every session that a browser was given works, and there is none without its line in the log and in the trail', async () => {
    const answers: number[] = []
    for (const token of load.sessions) answers.push((await fetch(`${house.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })).status)
    expect(answers.filter((status) => status !== 200)).toEqual([])
    const opened = `select s.id, count(c.id) from (select id from bss.session where organization_id = $1 and connection_id is not null) s full join
      (select c ->> 'id' as id from bss.audit_entry e, jsonb_array_elements(e.changes) c where e.organization_id = $1 and c ->> 'entity' = 'session' and c ->> 'action' = 'opened') c on c.id = s.id::text
      group by s.id having count(c.id) <> 1 or s.id is null`
    expect(await peek(opened)).toEqual([])
    expect(await peek("select (select count(*) from bss.session where organization_id = $1 and connection_id is not null) = (select count(*) from bss.sign_in_attempt where organization_id = $1 and purpose = 'sign_in' and outcome = 'ok')")).toEqual([['t']])
    // No sign-in is used up twice: a session comes from one that was begun, and each is used once.
    expect(await peek("select (select count(*) from bss.session where organization_id = $1 and connection_id is not null) <= (select count(*) from bss.login_transaction where organization_id = $1 and used_at is not null)")).toEqual([['t']])
  })

  test('every person the directory announced is there once and whole, and none is there that it did not announce', async () => {
    const people = await peek(`select u.user_name, u.status, (select count(*) from bss.user_email e where e.organization_id = $1 and e.user_id = u.id),
        (select count(*) from bss.audit_entry e, jsonb_array_elements(e.changes) c where e.organization_id = $1 and c ->> 'entity' = 'user' and c ->> 'id' = u.id::text and c ->> 'action' = 'created')
      from bss.user_account u where u.organization_id = $1 and u.user_name like 'crash-%' order by u.user_name`)
    const expected = load.people.map(({ userName, isDeactivated }) => [userName, isDeactivated ? 'deactivated' : 'active', '1', '1']).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
    expect(people.map(([name, status, emails, created]) => [name, status === 'deactivated' ? status : 'active', emails, created])).toEqual(expected)
  })

  test('whoever was deactivated is out with every session, and nobody else', async () => {
    expect(await peek("select u.id from bss.user_account u join bss.session s on s.organization_id = $1 and s.user_id = u.id where u.organization_id = $1 and (u.status = 'deactivated') <> (s.revoked_at is not null)")).toEqual([])
    const [out, stays] = [load.people.filter(({ isDeactivated }) => isDeactivated), load.people.filter(({ isDeactivated }) => !isDeactivated)]
    expect([out.length, stays.length]).toEqual([48, 16])
    const statusOf = async (token: string): Promise<number> => (await fetch(`${house.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })).status
    const answers: number[][] = [[], []]
    for (const { sessions } of out) for (const token of sessions) answers[0]?.push(await statusOf(token))
    for (const { sessions } of stays) for (const token of sessions) answers[1]?.push(await statusOf(token))
    expect(answers.map((each) => [...new Set(each)])).toEqual([[401], [200]])
  })

  test('the chain was cut in the middle, is whole again, verifies from its beginning, and has every entry exactly once', async () => {
    expect(inTheMiddle.every(({ entries, links }) => links < entries)).toBe(true)
    const state = async () => {
      const { entries, links } = await counts()
      return entries - links
    }
    await expect.poll(state, { timeout: 60_000, interval: 100 }).toBe(0)
    expect(await peek('select entry_id from bss.audit_link where organization_id = $1 group by entry_id having count(*) <> 1')).toEqual([])
    const [[entries] = []] = await peek('select count(*) from bss.audit_entry where organization_id = $1')
    expect(await peek('select min(position), max(position), count(distinct position) from bss.audit_link where organization_id = $1')).toEqual([['1', entries, entries]])
    const auditor = clientOf(auditApi, fetchSender({ baseUrl: house.url, token: house.acme.keys.auditor }))
    let previous = genesisOf(house.acme.id)
    let after: string | null = null
    let checked = 0
    do {
      const page: Awaited<ReturnType<typeof auditor.listAuditChain>> = await auditor.listAuditChain({ query: { limit: 200, ...(after === null ? {} : { after }) } })
      for (const entry of page.items) {
        const fault = faultOf(previous, entry)
        if (fault !== null) throw new Error(`Position ${entry.position}: ${JSON.stringify(fault)}`)
        previous = entry.hash
        checked += 1
      }
      after = page.nextCursor
    } while (after !== null)
    expect(String(checked)).toBe(entries)
  }, 120_000)
})
