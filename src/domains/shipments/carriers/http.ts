// Any carrier that speaks our small protocol (docs/fulfilment/shipments.md): POST {url}/rates, /book, /track and /cancel with the parcel as JSON.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { Outbound } from '../../../platform/outbound/outbound.ts'
import { TrackingEvent } from '../tracking/contract.ts'
import type { Answer, CarrierPort, Parcel } from './port.ts'

const Rates = Compile(Type.Object({ rates: Type.Array(Type.Object({ service: Type.String({ maxLength: 40 }), amount: Type.String({ pattern: '^[0-9]{1,12}(\\.[0-9]{1,4})?$' }), currency: Type.String({ pattern: '^[A-Z]{3}$' }), transitDays: Type.Integer({ minimum: 0, maximum: 365 }) }), { maxItems: 100 }) }))
const Booked = Compile(Type.Object({ trackingNumber: Type.String({ minLength: 1, maxLength: 100, pattern: '^\\S+$' }) }))
const Tracked = Compile(Type.Object({ events: Type.Array(TrackingEvent, { maxItems: 100 }) }))
const TRACK_EVERY_MS = 15 * 60_000

export function httpCarrier(outbound: Outbound, url: string, secret: string | null): CarrierPort {
  async function ask<T>(what: string, parcel: Parcel, take: (answer: unknown) => T | null): Promise<Answer<T>> {
    // A question may be asked again and answered anew; only what is done is done once.
    const once = what === 'book' || what === 'cancel' ? { 'idempotency-key': parcel.requestId } : {}
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...once, ...(secret === null ? {} : { authorization: `Bearer ${secret}` }) }
    const answer = await outbound.fetch(`${url.replace(/\/+$/, '')}/${what}`, { method: 'POST', headers, body: JSON.stringify(parcel) })
    if (!answer.ok) return { ok: false, isFinal: false, sentence: answer.detail }
    if (answer.status < 200 || answer.status >= 300) {
      // What the carrier understood and refused will be refused again; being busy, slow or broken may pass.
      return { ok: false, isFinal: answer.status >= 400 && answer.status < 500 && ![408, 425, 429].includes(answer.status), sentence: `The carrier answered ${answer.status}.` }
    }
    const value = take(parsed(answer.body))
    return value === null ? { ok: false, isFinal: false, sentence: 'The answer of the carrier is not what was agreed.' } : { ok: true, value }
  }
  return {
    trackEveryMs: TRACK_EVERY_MS,
    rates: (parcel) => ask('rates', parcel, (value) => (Rates.Check(value) ? value.rates : null)),
    book: (parcel) => ask('book', parcel, (value) => (Booked.Check(value) ? { trackingNumber: value.trackingNumber } : null)),
    track: (parcel) => ask('track', parcel, (value) => (Tracked.Check(value) ? value.events : null)),
    cancel: async (parcel) => {
      const answer = await ask('cancel', parcel, (value) => (value === undefined ? null : true))
      return answer.ok ? { ok: true, value: null } : answer
    },
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}
