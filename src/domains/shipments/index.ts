// The face of shipments for the rooms above and for the composition of the service.
import type { LocationId, ShipmentId, ShipmentLineId, SiteId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { beginFulfilment, recordPicked } from '../orders/index.ts'
import type { Shipment } from './document/contract.ts'
import { getShipment } from './document/store.ts'
import * as leaving from './leaving/store.ts'
import type { UnitDraft } from './packing/contract.ts'
import * as packing from './packing/store.ts'
import * as picks from './picks.ts'
import * as plans from './plans/store.ts'

export { shipmentsHandlers } from './handlers.ts'
export { shipmentReactions } from './reactions.ts'
export { shipmentChores } from './chores.ts'
export { shipmentRounds } from './rounds.ts'
export type { Pick, Short } from './picks.ts'
export type { LineFilter } from './plans/store.ts'

type Reading<M extends 'read' | 'write'> = Tx<M, never>
type Lending = Tx<'write', never>

/** What is still to be picked of shipments, the most urgent first: what a wave is made of. */
export const plannedLines = <M extends 'read' | 'write'>(tx: Reading<M>, filter: plans.LineFilter) => plans.plannedLines(tx.lend('shipments:read'), filter)
/** Planned shipments go to the warehouse, and their order lines are in fulfilment from now on. Takes the locks of orders and shipments. */
export const releaseShipments = (tx: Lending, ids: readonly ShipmentId[]): Promise<void> => plans.releaseShipments(tx.lend('shipments:read').lend('shipments:write'), ids, beginFulfilment)
/** Takes the locks of orders and shipments behind these lines, before goods are carried. */
export const lockForPicks = async (tx: Lending, ids: readonly ShipmentLineId[]): Promise<void> => void (await picks.lockLines(tx.lend('shipments:read').lend('shipments:write'), ids))
/** Counts picks at shipments and at their orders; call `lockForPicks` before the goods are carried. */
export const recordPicks = (tx: Lending, list: readonly picks.Pick[]): Promise<void> => picks.recordPicks(tx.lend('shipments:read').lend('shipments:write'), list, (lines) => recordPicked(tx, lines))
/** What could not be found: it is no longer planned for its shipment. */
export const recordShort = (tx: Lending, list: readonly picks.Short[]): Promise<void> => picks.recordShort(tx.lend('shipments:read').lend('shipments:write'), list)
/** A shipment with its packages, for whoever works on it. */
export const shipmentOf = <M extends 'read' | 'write'>(tx: Reading<M>, id: ShipmentId): Promise<Shipment> => getShipment(tx.lend('shipments:read'), id)
/** Packs picked goods; when everything is packed, the shipment is. */
export const packShipment = (tx: Lending, id: ShipmentId, units: readonly UnitDraft[]): Promise<Shipment> => packing.packShipment(tx.lend('shipments:read').lend('shipments:write'), id, units)
/** Loads a staged shipment at a dock: the site's, or the one that is named. */
export const loadShipment = (tx: Lending, id: ShipmentId, dock: LocationId | undefined): Promise<Shipment> => leaving.loadShipment(tx.lend('shipments:read').lend('shipments:write'), id, dock)
/** A shipment that was to come off its truck lies on the stage: the site's, or the one that is named. */
export const unloadShipment = (tx: Lending, id: ShipmentId, stage: LocationId | undefined): Promise<Shipment> => leaving.unloaded(tx.lend('shipments:read').lend('shipments:write'), id, stage)
/** Where a site packs; null when it has no such place. */
export const packLocationOf = <M extends 'read' | 'write'>(tx: Reading<M>, siteId: SiteId): Promise<LocationId | null> => picks.placeOf(tx.lend('shipments:read'), siteId, 'pack')
export const stageLocationOf = <M extends 'read' | 'write'>(tx: Reading<M>, siteId: SiteId): Promise<LocationId | null> => picks.placeOf(tx.lend('shipments:read'), siteId, 'stage')
export const dockLocationOf = <M extends 'read' | 'write'>(tx: Reading<M>, siteId: SiteId): Promise<LocationId | null> => picks.placeOf(tx.lend('shipments:read'), siteId, 'dock')
