// A carrier of our own that behaves like one: it prices, books, moves parcels by its clock, and fails when it is told to. It remembers
// nothing: everything follows from the parcel and the clock, so it answers the same twice and after a restart.
import type { TrackingCode } from '../rules.ts'
import type { TrackingEvent } from '../tracking/contract.ts'
import type { Answer, CarrierPort, Parcel } from './port.ts'

/** A day of its vans lasts so long: a parcel of two days is delivered within minutes. */
export const SIMULATED_DAY_MS = 60_000
const FLAKY_ATTEMPTS = 2
const MISSED: TrackingCode = 'exception'

/** Where a parcel is after a part of its way; the last is its arrival. */
const WAY: readonly { readonly at: number; readonly code: TrackingCode; readonly place: string }[] = [
  { at: 0, code: 'picked_up', place: 'Sender' },
  { at: 0.3, code: 'in_transit', place: 'Hub' },
  { at: 0.8, code: 'out_for_delivery', place: 'Depot' },
  { at: 1, code: 'delivered', place: 'Recipient' },
]

/** Fails as the code of the service asks: REFUSE… never takes a parcel, FLAKY… is down for its first attempts. */
function trouble(parcel: Parcel): Answer<never> | null {
  if (parcel.service.startsWith('REFUSE')) return { ok: false, isFinal: true, sentence: 'The carrier does not go there.' }
  if (parcel.service.startsWith('FLAKY') && parcel.attempt <= FLAKY_ATTEMPTS) return { ok: false, isFinal: false, sentence: 'The carrier is down.' }
  return null
}

function eventsOf(parcel: Parcel, nowMs: number): TrackingEvent[] {
  if (parcel.shippedAt === null) return []
  const from = Date.parse(parcel.shippedAt)
  const length = Math.max(1, parcel.transitDays) * SIMULATED_DAY_MS
  const isLost = parcel.service.startsWith('DELAY')
  return WAY.flatMap(({ at, code, place }): TrackingEvent[] => {
    const event = { code, occurredAt: new Date(from + at * length).toISOString(), place, externalRef: `${parcel.trackingNumber ?? ''}-${code}` }
    // A delayed parcel meets an exception at the depot, and comes after all, half its way later.
    const trail = isLost && code === 'delivered'
      ? [{ code: MISSED, occurredAt: event.occurredAt, place: 'Depot', note: 'Nobody opened', externalRef: `${event.externalRef}-missed` }, { ...event, occurredAt: new Date(from + 1.5 * length).toISOString() }]
      : [event]
    return trail.filter((each) => Date.parse(each.occurredAt) <= nowMs)
  })
}

export const simulatedCarrier = (now: () => number = Date.now): CarrierPort => ({
  trackEveryMs: 2_000,
  rates: (parcel) => {
    const grams = parcel.packages.reduce((sum, each) => sum + (each.weightGrams ?? 1000), 0)
    const cents = 490n + BigInt(Math.ceil(grams / 1000)) * 80n
    return Promise.resolve(trouble(parcel) ?? { ok: true, value: [{ service: parcel.service, amount: `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`, currency: 'EUR', transitDays: parcel.transitDays }] })
  },
  book: (parcel) => Promise.resolve(trouble(parcel) ?? { ok: true, value: { trackingNumber: `SIM${parcel.requestId.replaceAll('-', '').slice(-16).toUpperCase()}` } }),
  track: (parcel) => Promise.resolve({ ok: true, value: eventsOf(parcel, now()) }),
  cancel: () => Promise.resolve({ ok: true, value: null }),
})
