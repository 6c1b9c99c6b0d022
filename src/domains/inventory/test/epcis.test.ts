import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Schema from 'typebox/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { newId } from '../../../kernel/ids.ts'
import { isRecord } from '../../../kernel/json.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import { inventoryApi } from '../contract.ts'
import type { EventQuery } from '../epcis/contract.ts'
import { line, openStockroom, type Stockroom } from './stockroom.ts'

const STANDARD = join(import.meta.dirname, '../../../../../shared/standards/epcis')
const HAS_STANDARD = existsSync(join(STANDARD, 'EPCIS-JSON-Schema.json'))
if (!HAS_STANDARD) console.warn(`SKIPPED: events are not compared with the published schema of EPCIS 2.0; it is not at ${STANDARD}.`)

let room: Stockroom
beforeAll(async () => { room = await openStockroom() })
afterAll(() => room.close())

const integration = () => room.house.client(inventoryApi, 'integration')
const eventsOf = async (query: EventQuery) => {
  await room.settle()
  return (await integration().queryEvents({ query })).epcisBody.queryResults.resultsBody.eventList
}
const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'
const event = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  '@context': CONTEXT, type: 'ObjectEvent', eventID: `urn:uuid:${newId()}`, eventTime: '2026-03-01T09:30:00.123Z', eventTimeZoneOffset: '+01:00', action: 'OBSERVE', bizStep: 'shipping', epcList: ['urn:epc:id:sgtin:0614141.107346.2017'], ...more,
})
const documentOf = (...eventList: unknown[]) => ({ '@context': CONTEXT, type: 'EPCISDocument', schemaVersion: '2.0', creationDate: '2026-03-01T09:31:00Z', epcisBody: { eventList } }) as const

describe('every move is told', () => {
  it('receiving, moving, losing: one event per document and pair of places, with GTIN, lot, serial number and place', async () => {
    const site = await room.admin.createSite({ body: { code: 'BRE', name: 'Bremen', timeZone: 'Europe/Berlin', currency: 'EUR', gln: '4012345000009' } })
    const bin = async (code: string, kind: 'receive' | 'storage' | 'pick') => (await room.admin.createLocation({ params: { siteId: site.id }, body: { code, kind } })).id
    const [door, shelf, face] = [await bin('IN/1', 'receive'), await bin('S-1', 'storage'), await bin('A-CODE-THAT-IS-TOO-LONG-FOR-GS1', 'pick')]
    const lotted = await room.admin.createItem({ body: { sku: 'EPC-L', name: 'Lotted', baseUnit: 'KGM', tracking: 'lot', gtin: '4006381333931' } })
    const single = await room.admin.createItem({ body: { sku: 'EPC-S', name: 'Single', baseUnit: 'EA', tracking: 'serial', gtin: '96385074' } })
    const plain = await room.admin.createItem({ body: { sku: 'EPC-P', name: 'Plain', baseUnit: 'EA' } })
    const opening = await room.admin.adjustStock({
      body: {
        siteId: site.id, reason: 'opening', occurredAt: '2026-01-15T10:00:00Z', lines: [
          { itemId: lotted.id, locationId: door, change: '2.5', lot: { number: 'L/7' } }, { itemId: single.id, locationId: door, change: '1', lot: { number: 'S1' } }, { itemId: plain.id, locationId: door, change: '40' }, { itemId: plain.id, locationId: door, change: '2' },
        ],
      },
    })
    const [told, ...more] = await eventsOf({ MATCH_epcClass: 'https://id.gs1.org/01/04006381333931/10/L%2F7' })
    expect(more).toEqual([])
    expect(told).toMatchObject({
      type: 'ObjectEvent', eventTime: '2026-01-15T10:00:00.000Z', eventTimeZoneOffset: '+01:00', action: 'OBSERVE', bizStep: 'stock_taking', bizLocation: { id: 'https://id.gs1.org/414/4012345000009/254/IN%2F1' },
      epcList: ['https://id.gs1.org/01/00000096385074/21/S1'], bizTransactionList: [{ bizTransaction: `urn:uuid:${opening.id}` }],
    })
    expect(isRecord(told) ? told['quantityList'] : null).toEqual([{ epcClass: 'https://id.gs1.org/01/04006381333931/10/L%2F7', quantity: 2.5, uom: 'KGM' }, { epcClass: `urn:uuid:${plain.id}`, quantity: 42 }])
    await room.admin.transferStock({ body: { lines: [{ itemId: plain.id, fromLocationId: door, toLocationId: shelf, quantity: '10' }, { itemId: plain.id, fromLocationId: door, toLocationId: face, quantity: '3' }] } })
    const steps = (await eventsOf({ MATCH_anyEPCClass: `urn:uuid:${plain.id}`, orderBy: 'recordTime', orderDirection: 'ASC' })).map((each) => [each['bizStep'], each['bizLocation']])
    expect(new Set(steps.map(([step]) => step))).toEqual(new Set(['stock_taking', 'storing', 'stocking']))
    expect(steps).toContainEqual(['stocking', { id: `urn:uuid:${face}` }])
    await room.admin.adjustStock({ body: { siteId: site.id, reason: 'scrap', lines: [{ itemId: plain.id, locationId: shelf, change: '-1' }] } })
    expect(await eventsOf({ MATCH_epcClass: `urn:uuid:${plain.id}`, EQ_action: 'DELETE' })).toMatchObject([{ bizStep: 'destroying', disposition: 'destroyed', readPoint: { id: 'https://id.gs1.org/414/4012345000009/254/S-1' } }])
  })
  it('no row of the ledger is without its event', async () => {
    const itemId = await room.item('EPC-ALL')
    await room.stock(itemId, room.bins.a, '20')
    const orderId = newId<'SalesOrder'>()
    await room.reserve({ orderId, siteId: room.siteId, lines: [line(itemId, '5')] })
    await room.allocate(orderId)
    expect(await sql(room.house.superuserUrl, `
      select count(*)::text from bss.stock_move m
       where not exists (select from bss.epcis_event e join bss.epcis_epc x on x.event_id = e.id and x.role = 'transaction' where e.event_time = date_trunc('milliseconds', m.occurred_at) and x.epc like '%urn:uuid:' || m.document_id)`)).toEqual([['0']])
  })
  it('packing is told with its handling unit', async () => {
    const note = write('inventory:write', 'select bss.note_aggregation($1, $2, $3, $4, $5::uuid, $6::text[], $7::uuid[], $8::uuid[], $9::numeric[], now())::text as done', { done: column.nullable(column.text) })
    const itemId = await room.item('EPC-PACK')
    const ctx = contextOf(room.house.acme.id, 'tenant_admin').need('inventory:write')
    await room.house.database.write(ctx, (tx) => tx.rows(note, ['ADD', 'packing', '340123451234567895', room.bins.dock, ['340123451234567888'], [itemId, itemId], [null, null], ['2', '3']]))
    expect(await eventsOf({ MATCH_parentID: 'https://id.gs1.org/00/340123451234567895' })).toMatchObject([
      { type: 'AggregationEvent', action: 'ADD', bizStep: 'packing', childEPCs: ['https://id.gs1.org/00/340123451234567888'], childQuantityList: [{ epcClass: `urn:uuid:${itemId}`, quantity: 5 }] },
    ])
    expect(await eventsOf({ MATCH_anyEPC: 'https://id.gs1.org/00/340123451234567888' })).toHaveLength(1)
  })
})

describe('capturing', () => {
  it('a document whole, once: the same again is a duplicate, another event under the same eventID is refused', async () => {
    const [a, b] = [event(), event({ bizTransactionList: [{ type: 'po', bizTransaction: 'http://transaction.acme.com/po/12345678' }], 'example:myField': 'mine' })]
    const job = await integration().captureEvents({ body: documentOf(a, b) })
    expect(job).toMatchObject({ running: false, success: true, captured: 2, duplicates: 0 })
    expect(await integration().captureEvents({ body: documentOf(a, b, event()) })).toMatchObject({ captured: 1, duplicates: 2 })
    expect(await integration().getCapture({ params: { captureID: job.captureID } })).toEqual(job)
    await expect(integration().captureEvents({ body: documentOf(event({ eventID: 'urn:uuid:new-one' }), { ...a, bizStep: 'receiving' }) })).rejects.toMatchObject({ code: 'conflict', errors: [{ pointer: '/epcisBody/eventList/1/eventID', code: 'event_id_taken' }] })
    expect(await eventsOf({ EQ_eventID: 'urn:uuid:new-one' })).toEqual([])
    expect(await eventsOf({ EQ_bizTransaction_po: 'http://transaction.acme.com/po/12345678' })).toMatchObject([{ 'example:myField': 'mine' }])
    expect(await integration().getEvent({ params: { eventID: String(a['eventID']) } })).toMatchObject({ '@context': CONTEXT, eventTime: '2026-03-01T09:30:00.123Z' })
  })
  it('a single event, with an eventID of ours when it has none', async () => {
    const { eventID: _none, ...nameless } = event({ disposition: 'in_transit' })
    const kept = await integration().captureEvent({ body: nameless })
    expect(kept['eventID']).toMatch(/^urn:uuid:/)
    await room.settle()
    expect(await integration().getEvent({ params: { eventID: String(kept['eventID']) } })).toEqual(kept)
    const slashes = 'ni:///sha-256;0123456789abcdef055578554f09f5e2aa41782150ced7bd0b8af24dd3ccb30b?ver=CBV2.0'
    await integration().captureEvent({ body: event({ eventID: slashes }) })
    await room.settle()
    expect(await integration().getEvent({ params: { eventID: slashes } })).toMatchObject({ eventID: slashes })
  })
  it('moves no stock', async () => {
    const before = await sql(room.house.superuserUrl, 'select count(*)::text from bss.stock_move')
    await integration().captureEvent({ body: event({ quantityList: [{ epcClass: 'https://id.gs1.org/01/04006381333931', quantity: 5 }] }) })
    expect(await sql(room.house.superuserUrl, 'select count(*)::text from bss.stock_move')).toEqual(before)
  })
  it('what is wrong is refused at its place, and nothing of the document is kept', async () => {
    const good = event()
    const cases: [Record<string, unknown>, string, string][] = [
      [event({ type: 'Nothing' }), '/type', 'enum'], [event({ action: 'LOOK' }), '/action', 'pattern'], [event({ bizStep: 'sleeping' }), '/bizStep', 'pattern'], [event({ bizStep: 'urn:epcglobal:cbv:bizstep:shipping' }), '/bizStep', 'pattern'],
      [event({ eventTime: 'yesterday' }), '/eventTime', 'pattern'], [event({ eventTimeZoneOffset: '+15:00' }), '/eventTimeZoneOffset', 'pattern'], [event({ colour: 'red' }), '/colour', 'unknown'], [event({ epcList: ['no uri'] }), '/epcList/0', 'pattern'],
      [event({ epcList: undefined }), '/epcList', 'required'], [event({ eventTime: undefined }), '/eventTime', 'required'], [event({ ilmd: { 'example:best': 'x' } }), '/ilmd', 'not_allowed'],
      [event({ readPoint: {} }), '/readPoint/id', 'required'], [event({ quantityList: [{ epcClass: 'urn:a:b', quantity: 'five' }] }), '/quantityList/0/quantity', 'type'],
      [{ ...event({ epcList: undefined, action: 'ADD', childEPCs: ['urn:a:b'] }), type: 'AggregationEvent' }, '/parentID', 'required'], [{ ...event({ epcList: undefined }), type: 'TransactionEvent' }, '/bizTransactionList', 'required'],
      [{ ...event({ epcList: undefined, action: undefined, inputEPCList: ['urn:a:b'] }), type: 'TransformationEvent' }, '/transformationID', 'required'],
    ]
    const told: unknown[] = []
    for (const [wrong] of cases) {
      told.push(await integration().captureEvents({ body: documentOf(good, wrong) }).then(() => 'taken', (error: unknown) => (isRecord(error) ? error['errors'] : error)))
    }
    for (const [index, [, pointer, code]] of cases.entries()) expect(told[index]).toContainEqual(expect.objectContaining({ pointer: `/epcisBody/eventList/1${pointer}`, code }))
    expect(await eventsOf({ EQ_eventID: String(good['eventID']) })).toEqual([])
    await expect(integration().captureEvents({ body: documentOf(7) })).rejects.toMatchObject({ code: 'invalid', errors: [{ pointer: '/epcisBody/eventList/0' }] })
  })
  it('strangers, other roles and other organizations are kept out', async () => {
    const kept = await integration().captureEvent({ body: event() })
    await room.settle()
    await expect(room.house.client(inventoryApi, 'integration', room.house.globex).getEvent({ params: { eventID: String(kept['eventID']) } })).rejects.toMatchObject({ status: 404 })
    await expect(room.house.client(inventoryApi, 'warehouse_operator').queryEvents({ query: {} })).rejects.toMatchObject({ status: 403 })
    await expect(room.house.client(inventoryApi, 'auditor').captureEvent({ body: event() })).rejects.toMatchObject({ status: 403 })
  })
})

describe('querying', () => {
  it('every page once, in the order asked for; several values by a bar; bad tokens are refused', async () => {
    const place = `urn:x:place:${newId()}`
    const times = ['2026-02-01T00:00:00.001Z', '2026-02-01T00:00:00.001Z', '2026-02-03T00:00:00.000Z', '2026-02-02T00:00:00.000Z', '2026-02-01T00:00:00.000Z']
    const events = times.map((eventTime, index) => event({ eventTime, readPoint: { id: place }, bizStep: index < 3 ? 'shipping' : 'receiving' }))
    await integration().captureEvents({ body: documentOf(...events) })
    await room.settle()
    const seen: unknown[] = []
    let nextPageToken: string | undefined
    do {
      const page = await integration().queryEvents({ query: { EQ_readPoint: place, orderBy: 'eventTime', orderDirection: 'ASC', perPage: 2, ...(nextPageToken === undefined ? {} : { nextPageToken }) } })
      seen.push(...page.epcisBody.queryResults.resultsBody.eventList.map((each) => each['eventTime']))
      nextPageToken = page['bss:nextPageToken']
    } while (nextPageToken !== undefined)
    expect(seen).toEqual(times.toSorted((a, b) => a.localeCompare(b)))
    expect(await eventsOf({ EQ_readPoint: place, EQ_bizStep: 'shipping|loading' })).toHaveLength(3)
    expect(await eventsOf({ EQ_readPoint: place, GE_eventTime: '2026-02-02T00:00:00Z', LT_eventTime: '2026-02-03T00:00:00Z' })).toHaveLength(1)
    await expect(integration().queryEvents({ query: { nextPageToken: 'x' } })).rejects.toMatchObject({ status: 400 })
    expect(await eventsOf({ EQ_readPoint: place, EXISTS_errorDeclaration: true })).toEqual([])
  })
})

describe('beside the published standard', () => {
  if (!HAS_STANDARD) {
    it('is not here', () => expect(HAS_STANDARD).toBe(false))
    return
  }
  const parse = (name: string): unknown => JSON.parse(readFileSync(join(STANDARD, name), 'utf8'))
  it('its examples are captured', async () => {
    const names = readdirSync(join(STANDARD, 'examples'))
    expect(names.length).toBeGreaterThan(2)
    for (const name of names) {
      const example = parse(join('examples', name))
      const answer = await room.house.sender('integration')({
        operation: 'captureEvents', method: 'POST', path: '/api/v1/epcis/capture', headers: { 'content-type': 'application/json' }, body: JSON.stringify(example), isRepeatable: true,
      })
      expect([name, answer]).toMatchObject([name, { status: 202 }])
    }
  })
  it('every event that was told here, and the document that answers a query, validate against its schema', async () => {
    const schema = parse('EPCIS-JSON-Schema.json')
    const validator = Schema.Compile(isRecord(schema) ? schema : {})
    expect(validator.Check({ ...documentOf(event({ action: 'LOOK' })) })).toBe(false)
    await room.settle()
    const answer = await integration().queryEvents({ query: { perPage: 200 } })
    expect(answer.epcisBody.queryResults.resultsBody.eventList.length).toBeGreaterThan(10)
    expect(validator.Errors(answer)[1]).toEqual([])
    for (const each of answer.epcisBody.queryResults.resultsBody.eventList) expect(validator.Errors({ '@context': CONTEXT, ...each })[1]).toEqual([])
  })
})
