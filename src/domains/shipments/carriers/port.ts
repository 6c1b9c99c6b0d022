// What a carrier can be asked, whoever it is. A port never throws: it answers, or says why not and whether asking again makes sense.
import type { TrackingEvent } from '../tracking/contract.ts'

export interface Parcel {
  /** The request's id: the carrier does the same request once. */
  readonly requestId: string
  readonly attempt: number
  readonly shipment: string
  readonly service: string
  readonly transitDays: number
  readonly trackingNumber: string | null
  readonly shippedAt: string | null
  readonly to: { readonly name: string; readonly street: string | null; readonly postalCode: string | null; readonly city: string | null; readonly country: string | null }
  readonly packages: readonly { readonly sscc: string; readonly weightGrams: number | null }[]
}
export interface Rate {
  readonly service: string
  readonly amount: string
  readonly currency: string
  readonly transitDays: number
}
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly isFinal: boolean; readonly sentence: string }
export interface CarrierPort {
  /** How long to wait before asking for tracking again. */
  readonly trackEveryMs: number
  readonly rates: (parcel: Parcel) => Promise<Answer<readonly Rate[]>>
  readonly book: (parcel: Parcel) => Promise<Answer<{ readonly trackingNumber: string }>>
  readonly track: (parcel: Parcel) => Promise<Answer<readonly TrackingEvent[]>>
  readonly cancel: (parcel: Parcel) => Promise<Answer<null>>
}
/** A carrier that cannot be asked for now, and why: every question has this answer. */
export function unaskable(sentence: string): CarrierPort {
  const no = (): Promise<Answer<never>> => Promise.resolve({ ok: false, isFinal: false, sentence })
  return { trackEveryMs: 0, rates: no, book: no, track: no, cancel: no }
}
