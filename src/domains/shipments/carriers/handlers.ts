import type { Handlers } from '../../../kernel/contract.ts'
import { newId, type CarrierId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { Outbound } from '../../../platform/outbound/outbound.ts'
import type { carriersApi } from './contract.ts'
import * as store from './store.ts'

/** What the sealed secret of a carrier is bound to. */
export const purposeOf = (organizationId: string, id: string): string => `carrier:${organizationId}:${id}`

const NO_BASE = { code: 'no_base', detail: 'The address must end before its query: /book and the others are added to it.' }
/** An address that would never be asked is refused when it is saved, by the guard of the way out: https, and no address but public ones, unless the operator allows more. What a name leads to is looked at each time it is asked. */
function checkAddress(outbound: Outbound, url: string | undefined): void {
  const wrong = url === undefined ? null : (outbound.refusalOf(url) ?? (/[?#]/.test(url) ? NO_BASE : null))
  if (wrong !== null) throw new Problem('invalid', 'The carrier cannot be asked at this address.', { errors: [{ pointer: '/url', code: wrong.code, message: wrong.detail }] })
}

export const carriersHandlers = (database: Database, outbound: Outbound): Handlers<typeof carriersApi> => ({
  createCarrier: ({ ctx, body }) => {
    if ((body.kind === 'http') !== (body.url !== undefined)) throw new Problem('invalid', 'This is no carrier.', { errors: [{ pointer: '/url', code: 'http_has_address', message: 'A carrier of kind http has an address, and no other has one.' }] })
    checkAddress(outbound, body.url)
    const id: CarrierId = newId()
    const secret = body.secret === undefined ? null : database.vault.seal(body.secret, purposeOf(ctx.organizationId, id))
    return database.write(ctx, (tx) => store.createCarrier(tx, id, body, secret))
  },
  listCarriers: ({ ctx }) => database.read(ctx, (tx) => store.listCarriers(tx)),
  getCarrier: ({ ctx, params }) => database.read(ctx, (tx) => store.getCarrier(tx, params.carrierId)),
  updateCarrier: ({ ctx, params, body, expectedVersion }) => {
    checkAddress(outbound, body.url)
    const { secret: readable, ...patch } = body
    const secret = typeof readable === 'string' ? database.vault.seal(readable, purposeOf(ctx.organizationId, params.carrierId)) : readable
    return database.write(ctx, (tx) => store.updateCarrier(tx, params.carrierId, expectedVersion, patch, secret))
  },
  setCutoffs: ({ ctx, params, body }) => database.write(ctx, (tx) => store.setCutoffs(tx, params.siteId, body)),
  createRoute: ({ ctx, params, body }) => database.write(ctx, (tx) => store.createRoute(tx, params.siteId, body)),
  listRoutes: ({ ctx, params }) => database.read(ctx, (tx) => store.listRoutes(tx, params.siteId)),
  setShippingSettings: ({ ctx, params, body }) => database.write(ctx, (tx) => store.setSettings(tx, params.siteId, body)),
  getShippingSettings: ({ ctx, params }) => database.read(ctx, (tx) => store.getSettings(tx, params.siteId)),
  bookShipment: ({ ctx, params }) => database.write(ctx, (tx) => store.bookShipment(tx, params.shipmentId)),
  listCarrierRequests: ({ ctx, params }) => database.read(ctx, (tx) => store.listRequests(tx, params.shipmentId)),
})
