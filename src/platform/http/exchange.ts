// What the pipeline knows about one request while it runs.
import type { Ctx, Permission } from '../../kernel/access.ts'
import type { OpenFacts } from './authenticate.ts'
import type { Admission } from './limits.ts'
import type { Principal } from './principals.ts'
import type { Route } from './route.ts'

/** Shared by all exchanges of a server. */
export interface HouseState {
  isStopping: boolean
}

export class Exchange {
  readonly house: HouseState
  /** `Allow` of a refused method. */
  allow: string | null = null
  /** `Link` of a page that is not the last. */
  link: string | null = null
  readonly requestId: string
  readonly startedMs: number
  readonly address: string
  route: Route | null
  /** What is done, for the log. */
  readonly name: string | undefined
  principal: Principal | null = null
  admission: Admission | null = null
  ctx: Ctx<Permission> | null = null
  facts: OpenFacts | null = null
  /** Holds a place among the organization's running requests. */
  isCounted = false
  isReading = false
  isHandling = false
  isStreaming = false
  /** Answered, given up or disconnected: whatever the handler still brings is dropped. */
  isOver = false

  constructor(house: HouseState, requestId: string, startedMs: number, address: string, route: Route | null, name = route?.name) {
    this.house = house
    this.requestId = requestId
    this.startedMs = startedMs
    this.address = address
    this.route = route
    this.name = name
  }
}
