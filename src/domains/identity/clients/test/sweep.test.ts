// Tokens of machine clients are made anew every few minutes: those that have expired are deleted, in batches, and nothing else is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partsOf } from '../../../../app/parts.ts'
import { openDatabase, type Database } from '../../../../platform/db/database.ts'
import { silentLog } from '../../../../platform/log/log.ts'
import { openSession } from '../../../../../test/setup/session.ts'
import { plant } from '../../../../../test/setup/sql.ts'
import { usersApi } from '../../users/contract.ts'
import { clientOf } from '../../../../kernel/client.ts'
import { identityRounds } from '../../rounds.ts'
import { openGround, type Ground } from './ground.ts'

let ground: Ground
let worker: Database
beforeAll(async () => {
  ground = await openGround()
  worker = openDatabase({ primaryUrl: ground.house.primaryUrl, replicaUrls: [], secret: ground.house.secret, role: 'bss_worker', poolSize: 2, lanes: 1 })
}, 120_000)
afterAll(async () => {
  await worker.close()
  await ground.house.close()
})

const tend = async (): Promise<void> => {
  const { database: _database, ...parts } = partsOf(ground.house.database, ground.house.secret, {})
  for (const round of identityRounds(parts)) await round.run(worker, silentLog, new AbortController().signal)
}
const count = async (where: string): Promise<number> => Number((await ground.peek(`select count(*) from bss.session where ${where}`))[0]?.[0])

describe('the room, when it tends an organization', () => {
  it('deletes the tokens of clients that expired a day ago, all of thousands, and no session of a person', async () => {
    const robot = await ground.robotOf(ground.acme, 'integration')
    expect((await ground.ask(robot)).status).toBe(200)
    await plant(ground.house.superuserUrl, `insert into bss.session (organization_id, id, kind, digest, service_account_id, oauth_client_id, scopes, methods, idle_seconds, created_at, expires_at, created_by, updated_by)
      select s.organization_id, gen_random_uuid(), 'client', sha256(convert_to(s.id::text || n, 'UTF8')), s.service_account_id, s.oauth_client_id, s.scopes, s.methods, s.idle_seconds, now() - interval '3 days', now() - case when n <= 2500 then interval '25 hours' else interval '23 hours' end, s.service_account_id, s.service_account_id
        from bss.session s, generate_series(1, 2600) n where s.kind = 'client'`)
    await plant(ground.house.superuserUrl, "insert into bss.session_use (organization_id, session_id, last_used_at) select organization_id, id, now() from bss.session where kind = 'client' limit 100")
    const person = await clientOf(usersApi, ground.house.sender('tenant_admin')).createUser({ body: { userName: 'old@acme.example', displayName: 'Old' } })
    await openSession(ground.house.superuserUrl, { organizationId: ground.house.acme.id, userId: person.id })
    await plant(ground.house.superuserUrl, "update bss.session set expires_at = now() - interval '3 days' where kind = 'person'")
    expect(await count("kind = 'client'")).toBe(2_601)
    await tend()
    expect(await count("kind = 'client'")).toBe(101)
    expect(await count("kind = 'client' and expires_at < now() - interval '1 day'")).toBe(0)
    expect(await count("kind = 'person'")).toBe(1)
    // The one that works still works.
    expect(await count("kind = 'client' and expires_at > now()")).toBe(1)
  })
})
