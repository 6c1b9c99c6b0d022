import type { Ctx } from '../../kernel/access.ts'
import type { Lanes } from './lane.ts'
import type { Pool } from './pool.ts'
import type { Replicas } from './replica.ts'

/** The parts the doors share. Not exported from this folder's face. */
export interface Doors {
  readonly primary: Pool
  /** The primary as the read-only role, for reads no replica may serve. */
  readonly primaryReads: Pool
  readonly replicas: Replicas
  readonly lanes: Lanes
  readonly seal: (ctx: Ctx) => string
}
