// Scans of the floor: in batches, late, doubled or out of order as networks are; each is stored, answered and posted once.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type SiteId, type TaskId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { PositiveQuantity } from '../../../kernel/quantity.ts'
import { Instant } from '../../../kernel/instant.ts'
import { closed, line, oneOf, orNull, sortBy } from '../../../kernel/schema.ts'
import { OUTCOMES, RESOLUTIONS, SCAN_CODES } from './rules.ts'

export type ScanId = Id<'Scan'>
export type ScanDeviceId = Id<'ScanDevice'>

const Barcode = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 400, description }))
export const ScanDraft = Type.Object({
  sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Counts up on the device, one by one' }),
  key: line(100), occurredAt: Instant, taskId: idSchema<TaskId>(),
  barcode: Barcode('Of the goods: GTIN, GS1-128, DataMatrix, Digital Link, or the sku; of a unit that was received whole, its SSCC when it is put away'), lot: Type.Optional(line(100)),
  location: Barcode('Of the place the goods were taken from'), toLocation: Barcode('Of the place they were put; a pick without it goes to the packing place'),
  quantity: Type.Optional(PositiveQuantity), tote: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'Of a cluster pick: the tote the goods were put in, to be sure' })),
}, { ...closed, description: 'Quantity is in the unit of the item; without it, it is what the barcode says, else one piece or package' })
export type ScanDraft = Type.Static<typeof ScanDraft>
export const ScanBatch = Type.Object({ deviceId: line(100), scans: Type.Array(ScanDraft, { minItems: 1, maxItems: 500 }) }, closed)
export type ScanBatch = Type.Static<typeof ScanBatch>

export const ScanAnswer = Type.Object({
  scanId: idSchema<ScanId>(), sequence: Type.Integer(), key: Type.String(), outcome: oneOf([...OUTCOMES, 'duplicate']),
  firstOutcome: orNull(oneOf(OUTCOMES, 'Of a duplicate: what the first was answered; code and message are of it as well')),
  code: orNull(oneOf(SCAN_CODES)), message: orNull(Type.String()), isClockOff: Type.Boolean(),
}, closed)
export type ScanAnswer = Type.Static<typeof ScanAnswer>

export const Scan = Type.Object({
  id: idSchema<ScanId>(), deviceId: Type.String(), sequence: Type.Integer(), key: Type.String(), siteId: orNull(idSchema<SiteId>()), taskId: idSchema<TaskId>(), occurredAt: Instant, deviceTime: Instant, isClockOff: Type.Boolean(),
  barcode: orNull(Type.String()), lot: orNull(Type.String()), location: orNull(Type.String()), toLocation: orNull(Type.String()), quantity: orNull(Type.String()),
  outcome: oneOf(OUTCOMES), code: orNull(oneOf(SCAN_CODES)), message: orNull(Type.String()), resolution: orNull(oneOf(RESOLUTIONS)), reason: orNull(Type.String()), resolvedAt: orNull(Instant), receivedAt: Instant,
}, closed)
export type Scan = Type.Static<typeof Scan>
export const ScanDevice = Type.Object({
  deviceId: Type.String(), received: Type.Integer(), lastSequence: orNull(Type.Integer()), heardAt: Instant,
  missing: Type.Array(Type.String({ description: 'A sequence or a range of them, as 17 or 20-24' }), { description: 'Sequences that have not come, the newest ranges first' }),
}, closed)

export const Resolution = Type.Object({ decision: oneOf(['accept', 'discard']), reason: Type.Optional(Type.String({ minLength: 1, maxLength: 400, description: 'Needed to discard' })) }, closed)
export type Resolution = Type.Static<typeof Resolution>

const example = '01890a5d-ac96-774b-bcce-b302099a8057'
const filters = { 'filter[siteId]': Type.Optional(idSchema<SiteId>()), 'filter[taskId]': Type.Optional(idSchema<TaskId>()), 'filter[deviceId]': Type.Optional(line(100)) }
export const scansApi = defineApi({
  recordScans: {
    method: 'POST', path: '/api/v1/scans', needs: 'tasks:work', summary: 'Record what a device scanned: each scan is answered and posted once, however often and in whatever order it is sent', body: ScanBatch, status: 200,
    returns: Type.Object({ answers: Type.Array(ScanAnswer) }, closed), fails: ['conflict', 'invalid', 'not_found'],
    example: { deviceId: 'scanner-7', scans: [{ sequence: 1, key: 'a1', occurredAt: '2026-11-24T10:00:00Z', taskId: example, barcode: '04012345000016', quantity: '1' }] },
  },
  listScans: {
    method: 'GET', path: '/api/v1/scans', needs: 'tasks:read', summary: 'List scans', status: 200, returns: pageOf(Scan), fails: [],
    query: Type.Object({ ...PageQuery, ...filters, 'filter[outcome]': Type.Optional(oneOf(OUTCOMES)), sort: sortBy(['received']) }, closed),
  },
  listScansToReconcile: {
    method: 'GET', path: '/api/v1/scans/reconcile', needs: 'tasks:manage', summary: 'List scans that wait for a decision: goods may have been taken for a task that was somebody else’s by then', status: 200, returns: pageOf(Scan), fails: [],
    query: Type.Object({ ...PageQuery, ...filters, sort: sortBy(['received']) }, closed),
  },
  listScanDevices: {
    method: 'GET', path: '/api/v1/scans/devices', needs: 'tasks:read', summary: 'List devices, with the sequences that have not come', status: 200, returns: pageOf(ScanDevice), fails: [],
    query: Type.Object({ ...PageQuery, sort: sortBy(['deviceId']) }, closed),
  },
  resolveScan: {
    method: 'POST', path: '/api/v1/scans/{scanId}/resolve', needs: ['tasks:work', 'tasks:manage'], summary: 'Decide on a scan that waits: accept it, which posts it, or discard it', params: Type.Object({ scanId: idSchema<ScanId>() }, closed),
    body: Resolution, status: 200, returns: Scan,
    fails: ['not_found', 'illegal_transition', 'conflict', 'invalid', 'insufficient_stock'], example: { decision: 'discard', reason: 'The goods were put back' },
  },
})
