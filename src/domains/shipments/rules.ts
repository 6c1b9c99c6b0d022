// Decisions about shipments, without I/O.
export const SHIPMENT_STATUSES = ['planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded', 'shipped', 'in_transit', 'delivered', 'exception', 'returned', 'cancelled'] as const
export type ShipmentStatus = (typeof SHIPMENT_STATUSES)[number]

/** The only arrows of a shipment; a trigger of the database has the same table, and a test compares every pair. */
export const SHIPMENT_ARROWS: Readonly<Record<ShipmentStatus, readonly ShipmentStatus[]>> = {
  planned: ['released', 'cancelled'],
  released: ['picking', 'cancelled'],
  picking: ['picked', 'cancelled'],
  picked: ['packed', 'cancelled'],
  packed: ['staged', 'cancelled'],
  staged: ['loaded', 'cancelled'],
  loaded: ['staged', 'shipped', 'cancelled'],
  shipped: ['in_transit', 'returned'],
  in_transit: ['delivered', 'exception', 'returned'],
  exception: ['in_transit', 'returned'],
  delivered: ['returned'],
  returned: [],
  cancelled: [],
}
export const mayBecome = (from: ShipmentStatus, to: ShipmentStatus): boolean => SHIPMENT_ARROWS[from].includes(to)

/** Goods have not left the site yet. */
export const hasLeft = (status: ShipmentStatus): boolean => ['shipped', 'in_transit', 'delivered', 'exception', 'returned'].includes(status)
export const words = (status: string): string => status.replaceAll('_', ' ')

export const TRACKING_CODES = ['picked_up', 'in_transit', 'out_for_delivery', 'exception', 'delivered', 'returned'] as const
export type TrackingCode = (typeof TRACKING_CODES)[number]
/** What a carrier's event makes of a shipment. */
export const STATUS_OF_CODE: Readonly<Record<TrackingCode, ShipmentStatus>> = {
  picked_up: 'in_transit', in_transit: 'in_transit', out_for_delivery: 'in_transit', exception: 'exception', delivered: 'delivered', returned: 'returned',
}
