// The ground of the proof: a migrated database with two organizations planted in it, and a way in for every role.
import type { ActorId, OrganizationId } from '../../../kernel/ids.ts'
import { idOf } from '../../../kernel/ids.ts'
import { createSealer, rolePassword } from '../../crypto/seal.ts'
import { begin, enter } from '../keeping.ts'
import { wireConfig } from '../pool.ts'
import { Wire } from '../wire.ts'
import type { Ground, RuntimeRole } from './behaviour.ts'
import { plantWorld, type World } from './plant.ts'
import { Tapped } from './tapped.ts'

export interface Target {
  readonly primaryUrl: string
  readonly superuserUrl: string
  readonly secret: Uint8Array
}
export interface OpenGround extends Ground {
  close(): Promise<void>
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const PROVER: ActorId = idOf('00000000-0000-7000-8000-000000000002')
/** Which values fit a table's checks is found by trying; another seed tries others. */
const SEEDS_MAX = 4

export async function openGround({ primaryUrl, superuserUrl, secret }: Target, seed: number): Promise<OpenGround> {
  const genuine = createSealer(secret, () => Date.now() + DAY_MS)
  const stale = createSealer(secret, () => Date.now() - HOUR_MS)
  const seal = (organization: string, isExpired = false): string => (isExpired ? stale : genuine)({ organizationId: idOf(organization) satisfies OrganizationId, actorId: PROVER, role: 'proof' })
  const superuser = await Tapped.connect({ connectionString: superuserUrl, application_name: 'blue-ship-sync proof' })
  let world: World | null = null
  for (let n = 0; n < SEEDS_MAX && (world === null || world.unplanted.length > 0); n += 1) world = await plantWorld(superuser, seal, seed + n)
  if (world === null) throw new Error('Nothing was planted.')
  const connect = (role: RuntimeRole): Promise<Tapped> => Tapped.connect(wireConfig({ url: primaryUrl, user: role, password: rolePassword(secret, role), size: 1, applicationName: 'blue-ship-sync proof' }))
  const neighbour = (): Promise<() => Promise<void>> => workAs('bss_app', primaryUrl, secret, seal(world.foreign), world)
  return { world, superuser, seal, connect, neighbour, close: () => superuser.close() }
}

/** A transaction of the other organization that stays open: its statements, locks and settings must tell its neighbours nothing. */
async function workAs(user: RuntimeRole, url: string, secret: Uint8Array, context: string, world: World): Promise<() => Promise<void>> {
  const wire = await Wire.connect({ ...wireConfig({ url, user, password: rolePassword(secret, user), size: 1, applicationName: 'blue-ship-sync neighbour' }), idle_in_transaction_session_timeout: 0 })
  await wire.send([begin, enter(context)])
  const document = world.tables.find(({ facts }) => facts.columns.some(({ name }) => name === 'row_version'))
  if (document !== undefined) {
    const { name } = document.facts
    await wire.send([{ name: 'bss_neighbour', text: `select * from ${name} where organization_id = $1 and to_jsonb(${name.split('.').at(-1)})::text <> $2 for update`, params: [world.foreign, JSON.stringify(document.foreign)] }])
  }
  return () => wire.close()
}
