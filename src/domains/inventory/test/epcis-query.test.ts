// The simple event query of EPCIS 2.0, parameter by parameter, and the standard's own addresses.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type Type from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../kernel/ids.ts'
import { isList, isRecord } from '../../../kernel/json.ts'
import { inventoryApi } from '../contract.ts'
import { EventQuery } from '../epcis/contract.ts'
import { FILTERS, WITH_PATTERNS } from '../epcis/filters.ts'
import { openStockroom, type Stockroom } from './stockroom.ts'

const PUBLISHED = join(import.meta.dirname, '../../../../../shared/standards/epcis/openapi.json')
const HAS_STANDARD = existsSync(PUBLISHED)
if (!HAS_STANDARD) console.warn(`SKIPPED: the parameters are not compared with the published interface of EPCIS 2.0; it is not at ${PUBLISHED}.`)

let room: Stockroom
beforeAll(async () => {
  room = await openStockroom()
  await room.house.client(inventoryApi, 'integration').captureEvents({ body: documentOf(...Object.values(EVENTS)) })
  await room.settle()
})
afterAll(() => room.close())

type Query = Type.Static<typeof EventQuery>
const integration = () => room.house.client(inventoryApi, 'integration')
const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'
const documentOf = (...eventList: unknown[]) => ({ '@context': CONTEXT, type: 'EPCISDocument', schemaVersion: '2.0', creationDate: '2026-03-01T09:31:00Z', epcisBody: { eventList } }) as const

const PLACE = 'urn:x:place:query'
const at = (day: number, type: string, more: Record<string, unknown>): Record<string, unknown> => ({
  type, eventID: `urn:uuid:${newId()}`, eventTime: `2026-04-0${day}T10:00:00.000Z`, eventTimeZoneOffset: '+00:00', readPoint: { id: PLACE }, ...more,
})
const temperature = { type: 'Temperature', value: 4.5, uom: 'CEL', deviceID: 'urn:x:device:report', stringValue: 'cool', booleanValue: true, hexBinaryValue: 'F0', uriValue: 'urn:x:value', microorganism: 'urn:x:microbe', chemicalSubstance: 'urn:x:substance' }
/** One of everything, each by its name. */
const EVENTS = {
  object: at(1, 'ObjectEvent', { action: 'ADD', bizStep: 'commissioning', disposition: 'active', epcList: ['urn:epc:id:sgtin:0614141.107346.2017'], persistentDisposition: { set: ['completeness_verified'], unset: ['completeness_inferred'] } }),
  goods: at(2, 'ObjectEvent', {
    action: 'OBSERVE', bizStep: 'shipping', disposition: 'in_transit', quantityList: [{ epcClass: 'urn:epc:class:lgtin:0614141.107346.L1', quantity: 2.5, uom: 'KGM' }, { epcClass: 'urn:epc:idpat:sgtin:0614141.112345.*', quantity: 200 }],
    sourceList: [{ type: 'owning_party', source: 'urn:x:seller' }], destinationList: [{ type: 'location', destination: 'urn:x:shop' }], bizTransactionList: [{ type: 'po', bizTransaction: 'urn:x:po:1' }, { type: 'urn:x:own:letter', bizTransaction: 'urn:x:letter:7' }, { type: 'urn:x:own:seal', bizTransaction: 'urn:x:seal:9' }],
  }),
  packed: at(3, 'AggregationEvent', { action: 'ADD', bizStep: 'packing', parentID: 'urn:epc:id:sscc:0614141.1234567890', childEPCs: ['urn:epc:id:sgtin:0614141.107346.2018'], childQuantityList: [{ epcClass: 'urn:x:class', quantity: 10 }] }),
  made: at(4, 'TransformationEvent', { transformationID: 'urn:x:run:1', inputEPCList: ['urn:epc:id:sgtin:0614141.107346.2019'], inputQuantityList: [{ epcClass: 'urn:x:in', quantity: 3 }], outputEPCList: ['urn:x:out:1'], outputQuantityList: [{ epcClass: 'urn:x:out', quantity: 7 }] }),
  wrong: at(5, 'ObjectEvent', { action: 'DELETE', epcList: ['urn:x:gone'], errorDeclaration: { declarationTime: '2026-04-06T12:00:00.000Z', reason: 'incorrect_data', correctiveEventIDs: ['urn:uuid:corrective'] } }),
  measured: at(6, 'ObjectEvent', {
    action: 'OBSERVE', epcList: ['urn:x:cooled'],
    sensorElementList: [{ sensorMetadata: { startTime: '2026-04-06T08:00:00.000Z', endTime: '2026-04-06T09:00:00.000+01:00', deviceID: 'urn:x:device:element', dataProcessingMethod: 'urn:x:method', bizRules: 'urn:x:rules' }, sensorReport: [temperature, { type: 'Humidity', minValue: 40, maxValue: 60, meanValue: 51.5, sDev: 2, percRank: 50, percValue: 52, uom: 'P1' }] }],
  }),
}
type Name = keyof typeof EVENTS
const nameOf = (event: Record<string, unknown>): string => Object.entries(EVENTS).find(([, each]) => each['eventID'] === event['eventID'])?.[0] ?? 'another'
const listOf = async (query: Query): Promise<Record<string, unknown>[]> => (await integration().queryEvents({ query })).epcisBody.queryResults.resultsBody.eventList
const found = async (query: Query): Promise<string[]> => (await listOf({ EQ_readPoint: PLACE, orderBy: 'eventTime', orderDirection: 'ASC', ...query })).map(nameOf)

describe('every parameter', () => {
  const CASES: readonly (readonly [Query, readonly Name[]])[] = [
    [{}, ['object', 'goods', 'packed', 'made', 'wrong', 'measured']], [{ eventType: 'AggregationEvent|TransformationEvent' }, ['packed', 'made']], [{ GE_eventTime: '2026-04-05T10:00:00Z' }, ['wrong', 'measured']], [{ LT_eventTime: '2026-04-02T10:00:00Z' }, ['object']],
    [{ GE_recordTime: '2100-01-01T00:00:00Z' }, []], [{ LT_recordTime: '2100-01-01T00:00:00Z', EQ_action: 'DELETE' }, ['wrong']], [{ EQ_action: 'ADD' }, ['object', 'packed']], [{ EQ_bizStep: 'shipping|packing' }, ['goods', 'packed']], [{ EQ_disposition: 'active' }, ['object']],
    [{ EQ_persistentDisposition_set: 'completeness_verified' }, ['object']], [{ EQ_persistentDisposition_set: 'completeness_inferred' }, []], [{ EQ_persistentDisposition_unset: 'completeness_inferred' }, ['object']],
    [{ EQ_transformationID: 'urn:x:run:0|urn:x:run:1' }, ['made']], [{ EQ_eventID: String(EVENTS.made['eventID']) }, ['made']],
    [{ MATCH_epc: 'urn:epc:id:sgtin:0614141.107346.2018' }, ['packed']], [{ MATCH_epc: 'urn:epc:idpat:sgtin:0614141.107346.*' }, ['object', 'packed']], [{ MATCH_epc: 'urn:epc:idpat:sgtin:*.*.*' }, ['object', 'packed']], [{ MATCH_epc: 'urn:epc:idpat:sgtin:0614141.10734.*' }, []],
    [{ MATCH_epc: 'urn:epc:idpat:sgtin:0614141.107346.2017' }, ['object']], [{ MATCH_parentID: 'urn:epc:idpat:sscc:0614141.*' }, ['packed']], [{ MATCH_inputEPC: 'urn:epc:id:sgtin:0614141.107346.2019' }, ['made']], [{ MATCH_outputEPC: 'urn:x:out:1' }, ['made']],
    [{ MATCH_anyEPC: 'urn:epc:idpat:sgtin:0614141.*.*|urn:epc:id:sscc:0614141.1234567890' }, ['object', 'packed', 'made']], [{ MATCH_epcClass: 'urn:epc:idpat:sgtin:0614141.112345.*' }, ['goods']], [{ MATCH_epcClass: 'urn:epc:idpat:lgtin:0614141.107346.*' }, ['goods']],
    [{ MATCH_epcClass: 'urn:x:in' }, []], [{ MATCH_inputEPCClass: 'urn:x:in' }, ['made']], [{ MATCH_outputEPCClass: 'urn:x:out' }, ['made']], [{ MATCH_anyEPCClass: 'urn:x:out|urn:x:class' }, ['packed', 'made']],
    [{ EQ_quantity: '2.5' }, ['goods']], [{ GT_quantity: '10' }, ['goods']], [{ GE_quantity: '10' }, ['goods', 'packed']], [{ LT_quantity: '3' }, ['goods']], [{ LE_quantity: '3' }, ['goods', 'made']], [{ GT_quantity: '3', LT_quantity: '7.5' }, ['goods', 'made']], [{ GT_quantity: '7', EQ_bizStep: 'packing' }, ['packed']],
    [{ EXISTS_errorDeclaration: true }, ['wrong']], [{ EXISTS_errorDeclaration: false, EQ_action: 'DELETE|ADD' }, ['object', 'packed', 'wrong']], [{ GE_errorDeclarationTime: '2026-04-06T12:00:00Z' }, ['wrong']], [{ LT_errorDeclarationTime: '2026-04-06T12:00:00Z' }, []],
    [{ EQ_errorReason: 'incorrect_data' }, ['wrong']], [{ EQ_errorReason: 'did_not_occur' }, []], [{ EQ_correctiveEventID: 'urn:uuid:corrective' }, ['wrong']],
    [{ GE_startTime: '2026-04-06T08:00:00Z' }, ['measured']], [{ LT_startTime: '2026-04-06T08:00:00Z' }, []], [{ GE_endTime: '2026-04-06T08:00:00Z' }, ['measured']], [{ LT_endTime: '2026-04-06T08:00:00.001Z' }, ['measured']],
    [{ EQ_type: 'Temperature|Humidity' }, ['measured']], [{ EQ_deviceID: 'urn:x:device:element' }, ['measured']], [{ EQ_deviceID: 'urn:x:device:report' }, ['measured']], [{ EQ_dataProcessingMethod: 'urn:x:method' }, ['measured']], [{ EQ_microorganism: 'urn:x:microbe' }, ['measured']],
    [{ EQ_chemicalSubstance: 'urn:x:substance' }, ['measured']], [{ EQ_chemicalSubstance: 'urn:x:microbe' }, []], [{ EQ_bizRules: 'urn:x:rules' }, ['measured']], [{ EQ_stringValue: 'cool' }, ['measured']], [{ EQ_hexBinaryValue: 'F0' }, ['measured']], [{ EQ_uriValue: 'urn:x:value' }, ['measured']],
    [{ EQ_booleanValue: true }, ['measured']], [{ EQ_booleanValue: false }, []], [{ EQ_bizTransaction_po: 'urn:x:po:1' }, ['goods']], [{ EQ_bizTransaction_inv: 'urn:x:po:1' }, []], [{ EQ_source_owning_party: 'urn:x:seller' }, ['goods']], [{ EQ_destination_location: 'urn:x:shop' }, ['goods']],
    [{ EQ_source_location: 'urn:x:seller' }, []], [{ WD_readPoint: PLACE, EQ_action: 'DELETE' }, ['wrong']], [{ EQ_bizLocation: PLACE }, []], [{ WD_bizLocation: PLACE }, []],
  ]
  it.each(CASES)('%j finds what it should and nothing else', async (query, names) => {
    expect(await found(query)).toEqual(names)
  })
  it.each<readonly [Readonly<Record<string, string>>, readonly Name[]]>([
    [{ GE_value_CEL: '4.5' }, ['measured']], [{ GT_value_CEL: '4.5' }, []], [{ EQ_value_CEL: '4.50', LT_value_CEL: '5' }, ['measured']], [{ LE_value_FAH: '4.5' }, []], [{ LE_meanValue_P1: '51.5' }, ['measured']], [{ LT_minValue_P1: '40' }, []],
    [{ GT_maxValue_P1: '59', EQ_sDev_P1: '2', EQ_percValue_P1: '52' }, ['measured']], [{ GE_value_P1: '0' }, []], [{ 'EQ_bizTransaction_urn:x:own:letter': 'urn:x:letter:7|urn:x:letter:8' }, ['goods']], [{ 'EQ_bizTransaction_urn:x:own:letter': 'urn:x:seal:9' }, []],
    [{ 'EQ_bizTransaction_urn:x:own:letter': 'urn:x:letter:7', 'EQ_bizTransaction_urn:x:own:seal': 'urn:x:seal:9' }, ['goods']], [{ 'EQ_source_urn:x:own:letter': 'urn:x:letter:7' }, []], [{ "EQ_bizTransaction_urn:x:o');drop/**/table/**/bss.epcis_event;--": 'urn:x:y' }, []],
  ])('of a family: %j finds what it should and nothing else', async (query, names) => {
    expect(await found(query)).toEqual(names)
  })
  it('is served or refused by its name, and none is passed over', async () => {
    const paging = ['perPage', 'nextPageToken', 'orderBy', 'orderDirection', 'eventCountLimit', 'maxEventCount']
    expect(Object.keys(EventQuery.properties).toSorted()).toEqual([...paging, ...Object.keys(FILTERS).filter((name) => !name.endsWith(WITH_PATTERNS))].toSorted())
    for (const name of ['EQ_quantityy', 'GE_value_celsius', 'GE_median_CEL', 'EQ_INNER_ILMD_x', 'HASATTR_x', 'EQ_bizTransaction_own', 'GT_source_urn:x:own', '__proto__', 'constructor']) {
      await expect(raw(`/api/v1/epcis/events?${encodeURIComponent(name)}=1`)).rejects.toMatchObject({ status: 400, errors: [{ pointer: `/query/${name}`, code: 'unknown' }] })
    }
    const refused: readonly (readonly [Query, string])[] = [
      [{ MATCH_epc: 'urn:epc:idpat:sgtin:*.107346.2017' }, 'MATCH_epc'], [{ MATCH_epc: 'urn:epc:idpat:sgtin:0614141.10*' }, 'MATCH_epc'], [{ eventCountLimit: 3 }, 'eventCountLimit'], [{ eventCountLimit: 3, maxEventCount: 3, orderBy: 'eventTime' }, 'maxEventCount'],
      [{ nextPageToken: 'x' }, 'nextPageToken'], [{ orderBy: 'eventTime', eventCountLimit: 3, nextPageToken: '3.x' }, 'nextPageToken'],
    ]
    for (const [query, name] of refused) await expect(integration().queryEvents({ query })).rejects.toMatchObject({ status: 400, errors: [{ pointer: `/query/${name}` }] })
    for (const bad of ['EQ_action=LOOK', 'eventType=Event', 'GE_eventTime=yesterday', 'EQ_quantity=many', 'perPage=0', 'orderBy=quantity', 'EXISTS_errorDeclaration=maybe', 'MATCH_epc=', 'GE_value_CEL=warm', 'EQ_source_urn:x:own=']) {
      await expect(raw(`/api/v1/epcis/events?${bad}`)).rejects.toMatchObject({ status: 400, errors: [{ pointer: `/query/${bad.split('=')[0] ?? ''}` }] })
    }
  })
})

describe('the published interface', () => {
  if (!HAS_STANDARD) {
    it('is not here', () => expect(HAS_STANDARD).toBe(false))
    return
  }
  it('has no parameter that is not known here', () => {
    const published: unknown = JSON.parse(readFileSync(PUBLISHED, 'utf8'))
    const inside = (value: unknown, ...keys: string[]): unknown => keys.reduce((part: unknown, key) => (isRecord(part) ? part[key] : undefined), value)
    const parameters = inside(published, 'paths', '/events', 'get', 'parameters')
    const names = (isList(parameters) ? parameters : []).map((each) => String(inside(each, '$ref')).replace('#/components/parameters/', '')).filter((name) => !name.startsWith('GS1-'))
    expect(names.length).toBeGreaterThan(50)
    expect(names.map((name) => name.replace(/^[NP]/, (letter) => letter.toLowerCase())).filter((name) => !Object.hasOwn(EventQuery.properties, name))).toEqual([])
  })
})

const raw = (path: string, method = 'GET', body: unknown = null, headers: Record<string, string> = {}) =>
  room.house.sender('integration')({ operation: 'raw', method, path, headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) }, body: body === null ? null : JSON.stringify(body), isRepeatable: false })
const nextOf = (link: string | null): string | null => /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1] ?? null

describe('so many events', () => {
  it('are told page by page, and the Link header leads from each page to the next', async () => {
    const seen: string[] = []
    let path: string | null = `/epcis/events?EQ_readPoint=${PLACE}&eventType=ObjectEvent%7CAggregationEvent%7CTransformationEvent&orderBy=eventTime&perPage=4`
    const links: (string | null)[] = []
    while (path !== null) {
      const answer = await raw(path)
      const document: unknown = JSON.parse(await answer.text())
      seen.push(...JSON.stringify(document).match(/2026-04-0[0-9]T10/g) ?? [])
      path = nextOf(answer.header('link'))
      links.push(path)
    }
    expect(seen.map((each) => each[9])).toEqual(['6', '5', '4', '3', '2', '1'])
    expect(links).toEqual([expect.stringMatching(/^\/epcis\/events\?EQ_readPoint=urn%3Ax%3Aplace%3Aquery&eventType=ObjectEvent%7C.*&nextPageToken=/), null])
  })
  it('end with eventCountLimit over all pages, the first ones by the order', async () => {
    const seen: string[] = []
    let nextPageToken: string | undefined
    let pages = 0
    do {
      const page = await integration().queryEvents({ query: { EQ_readPoint: PLACE, orderBy: 'eventTime', orderDirection: 'ASC', perPage: 2, eventCountLimit: 5, ...(nextPageToken === undefined ? {} : { nextPageToken }) } })
      seen.push(...page.epcisBody.queryResults.resultsBody.eventList.map(nameOf))
      nextPageToken = page['bss:nextPageToken']
      pages += 1
    } while (nextPageToken !== undefined)
    expect([pages, seen]).toEqual([3, ['object', 'goods', 'packed', 'made', 'wrong']])
    expect(await found({ eventCountLimit: 1 })).toEqual(['object'])
    expect(await found({ eventCountLimit: 2, orderDirection: 'DESC' })).toEqual(['measured', 'wrong'])
  })
  it('are refused with maxEventCount when there are more', async () => {
    expect(await found({ maxEventCount: 6 })).toHaveLength(6)
    await expect(integration().queryEvents({ query: { EQ_readPoint: PLACE, maxEventCount: 5 } })).rejects.toMatchObject({ status: 413, code: 'too_large', errors: [{ pointer: '/query/maxEventCount', code: 'query_too_large' }] })
    expect(await found({ maxEventCount: 1, EQ_action: 'DELETE' })).toEqual(['wrong'])
  })
})

describe('with descendants', () => {
  it('a bin, a bin in a bin, a zone and a site have what happened in them, by GLN and by id', async () => {
    const site = await room.admin.createSite({ body: { code: 'WD', name: 'Nested', timeZone: 'UTC', currency: 'EUR', gln: '9521321000018' } })
    const zone = await room.admin.createZone({ params: { siteId: site.id }, body: { code: 'COLD', name: 'Cold' } })
    const bin = async (code: string, more: object = {}) => (await room.admin.createLocation({ params: { siteId: site.id }, body: { code, kind: 'storage', ...more } })).id
    const rack = await bin('RACK', { zoneId: zone.id })
    const [shelf, alone] = [await bin('A-SHELF-WHOSE-CODE-GS1-CANNOT-HOLD', { parentId: rack }), await bin('ALONE')]
    const itemId = await room.item('WD-ITEM')
    for (const [locationId, change] of [[rack, '1'], [shelf, '2'], [alone, '3'], [room.bins.a, '4']] as const) {
      await room.admin.adjustStock({ body: { siteId: locationId === room.bins.a ? room.siteId : site.id, reason: 'opening', lines: [{ itemId, locationId, change }] } })
    }
    await room.settle()
    const quantities = async (query: Query): Promise<number[]> =>
      (await listOf({ MATCH_epcClass: `urn:uuid:${itemId}`, ...query })).flatMap((event) => (isList(event['quantityList']) ? event['quantityList'] : []).map((each) => (isRecord(each) ? Number(each['quantity']) : NaN))).toSorted((a, b) => a - b)
    const GLN = 'https://id.gs1.org/414/9521321000018'
    for (const [uri, wanted, alike] of [
      [GLN, [1, 2, 3], []], [`urn:uuid:${site.id}`, [1, 2, 3], []], [`${GLN}/254/COLD`, [1, 2], []], [`urn:uuid:${zone.id}`, [1, 2], []], [`${GLN}/254/RACK`, [1, 2], [1]], [`urn:uuid:${rack}`, [1, 2], []], [`urn:uuid:${shelf}`, [2], [2]],
      [`${GLN}/254/ALONE`, [3], [3]], [`${GLN}/254/ALONE|urn:uuid:${zone.id}`, [1, 2, 3], [3]], [`${GLN}/254/NOWHERE`, [], []], [`urn:uuid:${room.siteId}`, [4], []],
    ] as const) {
      expect([uri, await quantities({ WD_bizLocation: uri }), await quantities({ EQ_bizLocation: uri })]).toEqual([uri, wanted, alike])
    }
    await room.admin.adjustStock({ body: { siteId: site.id, reason: 'scrap', lines: [{ itemId, locationId: shelf, change: '-1' }] } })
    await room.settle()
    expect(await quantities({ WD_readPoint: GLN, EQ_action: 'DELETE' })).toEqual([1])
    expect(await quantities({ WD_readPoint: `${GLN}/254/ALONE`, EQ_action: 'DELETE' })).toEqual([])
    expect(await room.house.client(inventoryApi, 'integration', room.house.globex).queryEvents({ query: { WD_bizLocation: GLN } })).toMatchObject({ epcisBody: { queryResults: { resultsBody: { eventList: [] } } } })
  })
})

describe('capture jobs', () => {
  it('are listed, the newest first, page by page', async () => {
    const made: string[] = []
    for (let n = 0; n < 3; n += 1) made.push((await integration().captureEvents({ body: documentOf(at(7, 'ObjectEvent', { action: 'OBSERVE', epcList: [`urn:x:job:${n}`], readPoint: { id: 'urn:x:elsewhere' } })) })).captureID)
    await room.settle()
    const first = await raw('/epcis/capture?perPage=2')
    const jobs: unknown = JSON.parse(await first.text())
    expect(jobs).toMatchObject([{ captureID: made[2], success: true, running: false, captured: 1 }, { captureID: made[1] }])
    const next = nextOf(first.header('link'))
    expect(next).toBe(`/epcis/capture?perPage=2&nextPageToken=${made[1]}`)
    const rest = await integration().listCaptures({ query: { nextPageToken: (await integration().listCaptures({ query: { perPage: 2 } }))[1]?.captureID ?? newId() } })
    expect(rest).toMatchObject([{ captureID: made[0] }, { captured: 6 }])
    expect(await integration().getCapture({ params: { captureID: rest[0]?.captureID ?? newId() } })).toEqual(rest[0])
    expect(await room.house.client(inventoryApi, 'integration', room.house.globex).listCaptures()).toEqual([])
    await expect(room.house.client(inventoryApi, 'warehouse_operator').listCaptures()).rejects.toMatchObject({ status: 403 })
    await expect(raw('/epcis/capture?nextPageToken=x')).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/query/nextPageToken' }] })
  })
})

describe('the standard’s addresses', () => {
  it('are the same operations: with the same keys, permissions, Idempotency-Keys and unknowns', async () => {
    const document = documentOf(at(8, 'ObjectEvent', { action: 'OBSERVE', epcList: ['urn:x:alias'], readPoint: { id: 'urn:x:elsewhere' } }))
    const key = { 'idempotency-key': newId() }
    const here = await raw('/epcis/capture', 'POST', document, key)
    const there = await raw('/api/v1/epcis/capture', 'POST', document, key)
    expect([here.status, there.status, there.header('idempotency-replayed')]).toEqual([202, 202, 'true'])
    const first: unknown = JSON.parse(await here.text())
    const second: unknown = JSON.parse(await there.text())
    expect(second).toEqual(first)
    await room.settle()
    const both = await Promise.all(['/epcis', '/api/v1/epcis'].map(async (base) => {
      const answer: unknown = JSON.parse(await (await raw(`${base}/events?MATCH_epc=urn:x:alias`)).text())
      return isRecord(answer) ? answer['epcisBody'] : null
    }))
    expect(both[0]).toEqual(both[1])
    expect(JSON.stringify(both[0])).toContain('urn:x:alias')
    expect((await fetch(`${room.house.url}/epcis/events`)).status).toBe(401)
    expect((await fetch(`${room.house.url}/epcis/nothing`)).status).toBe(401)
    await expect(raw('/epcis/nothing')).rejects.toMatchObject({ status: 404 })
    await expect(raw('/epcis/capture', 'DELETE')).rejects.toMatchObject({ status: 405 })
    await expect(raw('/epcis/events?colour=red')).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/query/colour', code: 'unknown' }] })
    const operator = room.house.sender('warehouse_operator')
    await expect(operator({ operation: 'raw', method: 'GET', path: '/epcis/events', headers: {}, body: null, isRepeatable: false })).rejects.toMatchObject({ status: 403 })
  })
})
