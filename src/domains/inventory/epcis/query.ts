// Events out: by the simple event query, and by their eventID.
import { isRecord } from '../../../kernel/json.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import type { EpcisQueryDocument, EventQuery } from './contract.ts'
import { EPCIS_CONTEXT, OWN_CONTEXT, PARTY_TYPES, TRANSACTION_TYPES } from './schema.ts'

type Reading = Tx<'read', 'epcis:read'>

function eventOf(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new TypeError('An event in the database is no object.')
  return value
}
const event = { id: column.id(), eventTime: column.instant, body: column.decoded(eventOf) }

const oneOfThese = (sql: string): string => `${sql} = any(string_to_array(?, '|'))`
const found = (...roles: readonly string[]): string =>
  `e.id in (select x.event_id from bss.epcis_epc x where x.organization_id = $1 and x.role in (${roles.map((role) => `'${role}'`).join(', ')}) and x.epc = any(string_to_array(?, '|')))`
/** Documents and parties are kept with their type before them. */
const foundAs = (role: string, type: string): string =>
  `e.id in (select x.event_id from bss.epcis_epc x where x.organization_id = $1 and x.role = '${role}' and x.epc in (select '${type} ' || u.uri from unnest(string_to_array(?, '|')) u (uri)))`
const FILTERS: Readonly<Record<string, string>> = {
  eventType: oneOfThese('e.type'), GE_eventTime: 'e.event_time >= ?::timestamptz', LT_eventTime: 'e.event_time < ?::timestamptz', GE_recordTime: 'e.record_time >= ?::timestamptz', LT_recordTime: 'e.record_time < ?::timestamptz',
  EQ_action: oneOfThese('e.action'), EQ_bizStep: oneOfThese('e.biz_step'), EQ_disposition: oneOfThese('e.disposition'), EQ_readPoint: oneOfThese('e.read_point'), EQ_bizLocation: oneOfThese('e.biz_location'), EQ_eventID: oneOfThese('e.event_id'),
  EQ_transformationID: oneOfThese("(e.body->>'transformationID')"), EXISTS_errorDeclaration: "(e.body->'errorDeclaration' is not null) = ?::bool",
  MATCH_epc: found('epc'), MATCH_parentID: found('parent'), MATCH_inputEPC: found('input'), MATCH_outputEPC: found('output'), MATCH_anyEPC: found('epc', 'parent', 'input', 'output'),
  MATCH_epcClass: found('class'), MATCH_inputEPCClass: found('input_class'), MATCH_outputEPCClass: found('output_class'), MATCH_anyEPCClass: found('class', 'input_class', 'output_class'),
  ...Object.fromEntries(TRANSACTION_TYPES.map((type) => [`EQ_bizTransaction_${type}`, foundAs('transaction', type)])),
  ...Object.fromEntries(PARTY_TYPES.flatMap((type) => [[`EQ_source_${type}`, foundAs('source', type)], [`EQ_destination_${type}`, foundAs('destination', type)]])),
}
const listEvents = listing('epcis:read', {
  select: 'select e.id, e.event_time, e.body from bss.epcis_event e where e.organization_id = $1', shape: event, filters: FILTERS,
  sorts: { eventTime: { sql: 'e.event_time', type: 'timestamptz', of: (row) => row.eventTime }, recordTime: { sql: 'e.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'e.id', type: 'uuid', of: (row) => row.id },
})

/** One page of events; without an order the newest records come first. */
export async function queryEvents(tx: Reading, { perPage, nextPageToken, orderBy = 'recordTime', orderDirection = 'DESC', ...filters }: EventQuery): Promise<EpcisQueryDocument> {
  const page = await listEvents(tx, { filters, sort: orderDirection === 'ASC' ? orderBy : `-${orderBy}`, limit: perPage ?? PAGE_LIMIT_DEFAULT, after: nextPageToken })
  return {
    '@context': [EPCIS_CONTEXT, OWN_CONTEXT], type: 'EPCISQueryDocument', schemaVersion: '2.0', creationDate: new Date().toISOString(),
    ...(page.nextCursor === null ? {} : { 'bss:nextPageToken': page.nextCursor }),
    epcisBody: { queryResults: { queryName: 'SimpleEventQuery', resultsBody: { eventList: page.items.map(({ body }) => body) } } },
  }
}

const byEventId = read('epcis:read', 'select e.id, e.event_time, e.body from bss.epcis_event e where e.organization_id = $1 and e.event_id = $2', event)
/** An event alone names its context. */
export async function getEvent(tx: Reading, eventId: string): Promise<Record<string, unknown>> {
  const { body } = await tx.one('event', byEventId, [eventId])
  return { '@context': EPCIS_CONTEXT, ...body }
}
