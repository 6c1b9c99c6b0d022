// The ground of the proof: a migrated database with two organizations planted in it, and a way in for every role.
import type { ActorId, OrganizationId } from '../../../kernel/ids.ts'
import { idOf } from '../../../kernel/ids.ts'
import { createSealer, rolePassword } from '../../crypto/seal.ts'
import { wireConfig } from '../pool.ts'
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
  return { world, superuser, seal, connect, close: () => superuser.close() }
}
