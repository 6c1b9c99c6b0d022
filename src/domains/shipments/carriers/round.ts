// Asks carriers. Never inside a transaction: what is due is claimed, the carrier asked, and the answer written. A carrier that is down is
// asked again, later each time; one that refuses is not, and the shipment's requests show why.
import { newId, type OrganizationId, type ShipmentId } from '../../../kernel/ids.ts'
import type { Database } from '../../../platform/db/database.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import type { Round } from '../../../platform/jobs/worker.ts'
import type { Outbound } from '../../../platform/outbound/outbound.ts'
import { lockShipment, note, type Writing } from '../document/store.ts'
import { hasLeft } from '../rules.ts'
import { trackShipment } from '../tracking/store.ts'
import * as asking from './asking.ts'
import { purposeOf } from './handlers.ts'
import { httpCarrier } from './http.ts'
import { unaskable, type CarrierPort, type Parcel } from './port.ts'
import { simulatedCarrier } from './simulated.ts'

const IDLE_MS = 2_000
const ORGANIZATIONS_A_ROUND = 100
/** Organizations asked for at the same time, and requests of each: a carrier that does not answer holds up few, and a claim outlives its turn. */
const ORGANIZATIONS_AT_ONCE = 8
const REQUESTS_AT_ONCE = 5
const ATTEMPTS_MAX = 10
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 3_600_000

const context = (organizationId: OrganizationId) => systemContext({ organizationId, permissions: ['shipments:read', 'shipments:write'], operation: 'shipments.askCarriers' })
export const pauseAfter = (attempts: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20))

/** The carrier behind a request. */
export function portOf(database: Database, outbound: Outbound, organizationId: OrganizationId, asked: Pick<asking.Asked, 'carrierId' | 'carrierKind' | 'url' | 'secret'>): CarrierPort {
  if (asked.carrierKind !== 'http' || asked.url === null) return simulatedCarrier()
  if (asked.secret === null) return httpCarrier(outbound, asked.url, null)
  try {
    return httpCarrier(outbound, asked.url, database.vault.open(asked.secret, purposeOf(organizationId, asked.carrierId)))
  } catch {
    // Sealed under another installation's secret, say. Asked again like a carrier that is down: somebody may set it anew meanwhile.
    return unaskable('The secret of this carrier cannot be opened: set it anew.')
  }
}
export const parcelFrom = (asked: asking.Asked): Parcel => ({
  requestId: asked.id, attempt: asked.attempts, shipment: asked.number, service: asked.service ?? '', transitDays: asked.transitDays ?? 1, trackingNumber: asked.trackingNumber, shippedAt: asked.shippedAt,
  to: { name: asked.name, street: asked.street, postalCode: asked.postalCode, city: asked.city, country: asked.country }, packages: asked.packages,
})

async function askOne(database: Database, port: CarrierPort, organizationId: OrganizationId, claim: string, asked: asking.Asked): Promise<void> {
  const parcel = parcelFrom(asked)
  const { kind, id, shipmentId, attempts } = asked
  const again = (status: 'pending' | 'failed', sentence: string | null, pauseMs: number): Promise<unknown> => database.housekeep(context(organizationId), async (tx) => {
    const noted = await tx.rows(asking.noteAgain, [id, claim, status, sentence, pauseMs])
    if (noted.length > 0 && status === 'failed') {
      await note(tx, [shipmentId], 'carrier_refused', { kind, sentence })
      tx.changed({ entity: 'shipment', id: shipmentId, action: 'carrier_refused', after: { kind, sentence } })
    }
  })
  const failed = ({ isFinal, sentence }: { readonly isFinal: boolean; readonly sentence: string }): Promise<unknown> =>
    again(isFinal || attempts >= ATTEMPTS_MAX ? 'failed' : 'pending', sentence, pauseAfter(attempts))
  if (kind === 'track') {
    const answer = await port.track(parcel)
    if (!answer.ok) return void (await failed(answer))
    const isOver = await database.housekeep(context(organizationId), async (tx) => (answer.value.length === 0 ? false : ['delivered', 'returned'].includes((await trackShipment(tx, shipmentId, answer.value)).status)))
    if (!isOver) return void (await again('pending', null, port.trackEveryMs))
    return void (await database.housekeep(context(organizationId), (tx) => tx.rows(asking.noteDone, [id, claim])))
  }
  const answer = kind === 'book' ? await port.book(parcel) : await port.cancel(parcel)
  if (!answer.ok) return void (await failed(answer))
  await database.housekeep(context(organizationId), async (tx) => {
    if ((await tx.rows(asking.noteDone, [id, claim])).length === 0) return
    if (answer.value !== null) await takeBooking(tx, shipmentId, answer.value.trackingNumber)
    await note(tx, [shipmentId], kind === 'book' ? 'booked' : 'booking_cancelled', answer.value ?? {})
    tx.changed({ entity: 'shipment', id: shipmentId, action: kind === 'book' ? 'booked' : 'booking_cancelled' })
  })
}

/** What was booked is followed when it has left meanwhile, and given back when it was cancelled meanwhile. */
async function takeBooking(tx: Writing, id: ShipmentId, trackingNumber: string): Promise<void> {
  const status = await lockShipment(tx, id)
  await tx.rows(asking.setBooked, [id, trackingNumber])
  if (status === 'cancelled') await tx.rows(asking.askCancel, [[id]])
  else if (hasLeft(status)) await tx.rows(asking.askTracking, [id])
}

async function inGroups<T>(list: readonly T[], size: number, work: (each: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < list.length; start += size) await Promise.all(list.slice(start, start + size).map(work))
}

/** Everything that is due of one organization; gives how many were asked. */
export async function askDue(database: Database, outbound: Outbound, organizationId: OrganizationId, onError: (error: unknown) => void): Promise<number> {
  const claim = newId<'Claim'>()
  const claimed = await database.housekeep(context(organizationId), (tx) => tx.rows(asking.claim, [claim]))
  // One carrier's trouble keeps nobody else from theirs; the claim runs out, and it is tried again.
  await inGroups(claimed, REQUESTS_AT_ONCE, async (asked) => {
    try {
      await askOne(database, portOf(database, outbound, organizationId, asked), organizationId, claim, asked)
    } catch (error) {
      onError(error)
    }
  })
  return claimed.length
}

export const carrierRound = (outbound: Outbound): Round => ({
  name: 'shipments.askCarriers',
  idleMs: IDLE_MS,
  run: async (database, log, signal) => {
    let asked = 0
    await inGroups(await database.organizationsToAskCarriers(ORGANIZATIONS_A_ROUND), ORGANIZATIONS_AT_ONCE, async (organizationId) => {
      if (signal.aborted) return
      const onError = (error: unknown): void => log.warn({ organizationId, error }, 'a carrier could not be asked')
      await askDue(database, outbound, organizationId, onError).then((count) => (asked += count), onError)
    })
    return asked > 0 && !signal.aborted
  },
})
