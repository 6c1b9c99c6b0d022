// What is planted in an organization: one thing of each kind that a path or a body names. A room adds a step for each kind of its own.
import { ssccOf } from '../../kernel/gs1/index.ts'
import { newId } from '../../kernel/ids.ts'

export interface Step {
  readonly operation: string
  /** Changes to the example; `new:…` stands for what must be new each time. */
  readonly body?: Readonly<Record<string, unknown>>
  /** A body in place of the example. */
  readonly whole?: Readonly<Record<string, unknown>>
  /** What a name of the path or the body stands for in this step, where it is not the thing of that name: `itemId` → `lotItemId`. */
  readonly as?: Readonly<Record<string, string>>
  /** What the answer gives: name of the thing → path into the answer. */
  readonly gives: Readonly<Record<string, string>>
}

const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
/** What must be new each time, by what stands for it in a step. */
export const FRESH: Readonly<Record<string, () => string>> = {
  'new:sscc': () => ssccOf({ extension: '3', companyPrefix: '4012345', serial: Math.floor(Math.random() * 9_000_000) }),
  'new:event': () => `urn:uuid:${newId()}`,
  'new:domain': () => `${newId()}.example`,
  'new:id': newId,
  'new:instant': () => new Date().toISOString(),
}

const PEOPLE: readonly Step[] = [
  { operation: 'identity.createServiceAccount', gives: { serviceAccountId: 'id' } },
  { operation: 'identity.createMachineClient', gives: { clientId: 'id' } },
  { operation: 'identity.createKey', gives: { keyId: 'id' } },
  { operation: 'identity.createUser', gives: { userId: 'id' } },
  { operation: 'identity.assignUserRole', gives: { assignmentId: 'roles.0.id' } },
  { operation: 'identity.createCustomRole', gives: { roleId: 'id' } },
  { operation: 'identity.createGroup', gives: { groupId: 'id' } },
  { operation: 'identity.mapGroupRole', gives: { mappingId: 'roles.0.id' } },
  { operation: 'identity.addGroupMember', gives: {} },
  { operation: 'identity.createConnection', gives: { connectionId: 'id' } },
  { operation: 'identity.addDomain', body: { name: 'new:domain' }, gives: { domainId: 'id' } },
  { operation: 'identity.createSetupLink', gives: { setupLinkId: 'id' } },
  { operation: 'identity.grantSupport', gives: { supportGrantId: 'id' } },
]
const STOCK: readonly Step[] = [
  { operation: 'inventory.createSite', gives: { siteId: 'id', siteCode: 'code' } },
  { operation: 'inventory.createZone', gives: { zoneId: 'id' } },
  { operation: 'inventory.createLocation', body: { code: 'Z-01', kind: 'storage' }, gives: { toLocationId: 'id' } },
  { operation: 'inventory.createLocation', body: { code: 'Z-02', kind: 'pick' }, gives: { pickLocationId: 'id' } },
  { operation: 'inventory.createLocation', body: { code: 'Z-03', kind: 'quarantine' }, gives: {} },
  { operation: 'inventory.createLocation', body: { code: 'Z-04', kind: 'pack' }, gives: {} },
  { operation: 'inventory.createLocation', body: { code: 'Z-05', kind: 'stage' }, gives: {} },
  { operation: 'inventory.createLocation', body: { code: 'Z-06', kind: 'dock' }, gives: {} },
  { operation: 'inventory.createLocation', gives: { locationId: 'id', fromLocationId: 'id', locationCode: 'code' } },
  { operation: 'inventory.createItem', body: { sku: 'BATCHED', tracking: 'lot' }, gives: { lotItemId: 'id' } },
  { operation: 'inventory.createItem', body: { sku: 'INSPECTED' }, gives: { inspectedItemId: 'id' } },
  { operation: 'inventory.createItem', gives: { itemId: 'id', sku: 'sku' } },
  { operation: 'inventory.createLot', as: { itemId: 'lotItemId' }, gives: { lotId: 'id' } },
  { operation: 'inventory.setItemUnit', gives: { unit: 'unit' } },
  { operation: 'inventory.setItemCost', gives: {} },
  { operation: 'inventory.expectReceipt', gives: { receiptId: 'id', receiptLineId: 'lines.0.id' } },
  { operation: 'inventory.adjustStock', body: { reason: 'opening', change: '500' }, gives: { moveId: 'moveIds.0' } },
  { operation: 'inventory.transferStock', body: { isInTransit: true }, gives: { transferId: 'id' } },
]
const COMING: readonly Step[] = [
  { operation: 'inventory.planCount', as: { locationId: 'toLocationId' }, gives: { countId: 'id' } },
  { operation: 'inventory.createSupplier', gives: { supplierId: 'id' } },
  { operation: 'inventory.createPurchaseOrder', gives: { purchaseOrderId: 'id', purchaseOrderLineId: 'lines.0.id' } },
  { operation: 'inventory.announceShipNotice', whole: { number: 'DN-4711', supplierId: ID, siteId: ID, expectedOn: '2035-01-15', units: [{ sscc: 'new:sscc', contents: [{ itemId: ID, quantity: '48' }] }] }, gives: { shipNoticeId: 'id' } },
  { operation: 'inventory.setInspectionPlan', whole: { itemId: ID, kind: 'always' }, as: { itemId: 'inspectedItemId' }, gives: {} },
  { operation: 'inventory.receiveStock', as: { itemId: 'inspectedItemId' }, gives: {} },
  { operation: 'inventory.listInspections', gives: { inspectionId: 'items.0.id' } },
  { operation: 'inventory.captureEvent', body: { eventID: 'new:event' }, gives: { eventID: 'eventID' } },
  { operation: 'inventory.captureEvents', body: { eventID: 'new:event' }, gives: { captureID: 'captureID' } },
]
const ORDERED: readonly Step[] = [
  { operation: 'orders.createCustomer', gives: { customerId: 'id', customerCode: 'code' } },
  { operation: 'orders.addCustomerContact', gives: { contactId: 'id' } },
  { operation: 'orders.createPriceList', gives: { priceListId: 'id' } },
  { operation: 'orders.setPrice', gives: { priceId: 'id' } },
  { operation: 'orders.createOrderView', gives: { viewId: 'id' } },
]
/** An order that has left, of which goods come back; then a shipment that has not. */
const LEAVING: readonly Step[] = [
  { operation: 'shipments.createCarrier', gives: { carrierId: 'id', serviceId: 'services.0.id' } },
  { operation: 'shipments.createRoute', gives: { routeId: 'id' } },
  { operation: 'shipments.setShippingSettings', gives: {} },
  { operation: 'orders.placeOrder', gives: { orderId: 'id', orderLineId: 'lines.0.id' } },
  { operation: 'orders.releaseOrder', gives: {} },
  { operation: 'shipments.createShipment', gives: { leftId: 'id' } },
  { operation: 'tasks.planWave', whole: { siteId: ID, shipmentIds: [ID] }, as: { shipmentId: 'leftId' }, gives: { leftWaveId: 'id' } },
  { operation: 'tasks.releaseWave', as: { waveId: 'leftWaveId' }, gives: {} },
  { operation: 'tasks.nextTasks', gives: { taskId: 'tasks.0.id' } },
  { operation: 'tasks.completeTask', whole: { deviceId: 'scanner-7' }, gives: {} },
  { operation: 'tasks.nextTasks', gives: { taskId: 'tasks.0.id' } },
  { operation: 'tasks.completeTask', whole: { deviceId: 'scanner-7' }, gives: {} },
  { operation: 'shipments.packShipment', body: { quantity: '10' }, as: { shipmentId: 'leftId' }, gives: { handlingUnitId: 'units.items.0.id' } },
  { operation: 'shipments.shipShipment', as: { shipmentId: 'leftId' }, gives: {} },
  { operation: 'orders.requestReturn', body: { quantity: '1' }, gives: { returnId: 'id', returnLineId: 'lines.0.id' } },
  { operation: 'orders.placeOrder', gives: { orderId: 'id' } },
  { operation: 'orders.releaseOrder', gives: {} },
  { operation: 'shipments.createShipment', gives: { shipmentId: 'id', shipmentLineId: 'lines.0.id' } },
  { operation: 'tasks.planWave', whole: { siteId: ID, shipmentIds: [ID] }, gives: { waveId: 'id' } },
  { operation: 'tasks.orderMove', gives: { taskId: 'id' } },
  { operation: 'tasks.recordScans', body: { key: 'new:id', occurredAt: 'new:instant' }, gives: { scanId: 'answers.0.scanId' } },
  // After the picks: with a pick face they would wait for goods to be brought there.
  { operation: 'inventory.setPickFace', as: { locationId: 'pickLocationId' }, gives: { pickFaceId: 'id' } },
]
const HELD: readonly Step[] = [
  { operation: 'orders.placeOrder', gives: { orderId: 'id', lineId: 'lines.0.id' } },
  { operation: 'orders.holdOrder', gives: { holdId: 'holdId' } },
]
const TRAIL: readonly Step[] = [
  { operation: 'audit.createAuditStream', gives: { streamId: 'id' } },
  { operation: 'audit.listAuditEntries', gives: { entryId: 'items.0.id' } },
]

/** What every organization works with. */
export const FIRST_STEPS: readonly Step[] = [...PEOPLE, ...STOCK, ...ORDERED, ...HELD, ...TRAIL]
/** Goods on their way too. */
export const STEPS: readonly Step[] = [...PEOPLE, ...STOCK, ...COMING, ...ORDERED, ...LEAVING, ...HELD, ...TRAIL]
