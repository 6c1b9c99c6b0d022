// Traceability in the form of EPCIS 2.0: what happened to which goods, where, when and why.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../../../kernel/page.ts'
import { closed, Instant, oneOf } from '../schema.ts'
import { EVENT_TYPES } from './schema.ts'

export type CaptureId = Id<'EpcisCapture'>
export const EVENTS_MAX = 1000

/** Judged by `judge.ts`, which says more than a schema could. */
export const Event = Type.Record(Type.String(), Type.Unknown(), { description: 'An event of EPCIS 2.0' })
const extensions = { additionalProperties: false, patternProperties: { '^[^:\\s]+:.+$': {} } } as const
export const EpcisDocument = Type.Object({
  '@context': Type.Unknown(), id: Type.Optional(Type.String({ maxLength: 500 })), type: Type.Literal('EPCISDocument'), schemaVersion: Type.String({ pattern: '^2(\\.[0-9]+)*$' }), creationDate: Instant,
  instanceIdentifier: Type.Optional(Type.String({ maxLength: 500 })), sender: Type.Optional(Type.String({ maxLength: 500 })), receiver: Type.Optional(Type.String({ maxLength: 500 })),
  epcisHeader: Type.Optional(Type.Record(Type.String(), Type.Unknown())), epcisBody: Type.Object({ eventList: Type.Array(Type.Unknown(), { minItems: 1, maxItems: EVENTS_MAX }) }, closed),
}, extensions)
export type EpcisDocument = Type.Static<typeof EpcisDocument>
export const EpcisQueryDocument = Type.Object({
  '@context': Type.Unknown(), type: Type.Literal('EPCISQueryDocument'), schemaVersion: Type.String(), creationDate: Instant,
  'bss:nextPageToken': Type.Optional(Type.String({ description: 'Send it as nextPageToken to get the next page; missing on the last' })),
  epcisBody: Type.Object({ queryResults: Type.Object({ queryName: Type.String(), resultsBody: Type.Object({ eventList: Type.Array(Event) }, closed) }, closed) }, closed),
}, closed)
export type EpcisQueryDocument = Type.Static<typeof EpcisQueryDocument>
export const CaptureJob = Type.Object({
  captureID: idSchema<CaptureId>(), createdAt: Instant, finishedAt: Instant, running: Type.Boolean(), success: Type.Boolean(), captureErrorBehaviour: Type.Literal('rollback'), errors: Type.Array(Type.Unknown()),
  captured: Type.Integer({ description: 'events that were new' }), duplicates: Type.Integer({ description: 'events that were known already, word by word' }),
}, closed)
export type CaptureJob = Type.Static<typeof CaptureJob>

const oneOrMore = Type.Optional(Type.String({ minLength: 1, maxLength: 4000, pattern: '^[^|]+(\\|[^|]+)*$', description: 'One value or several, separated by |' }))
const at = Type.Optional(Instant)
const someOf = (words: readonly string[]) => Type.Optional(Type.String({ maxLength: 200, pattern: `^(${words.join('|')})(\\|(${words.join('|')}))*$` }))
const EventQuery = Type.Object({
  perPage: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT })), nextPageToken: Type.Optional(Type.String({ maxLength: 500 })),
  orderBy: Type.Optional(oneOf(['eventTime', 'recordTime'])), orderDirection: Type.Optional(oneOf(['ASC', 'DESC'])),
  eventType: someOf(EVENT_TYPES), GE_eventTime: at, LT_eventTime: at, GE_recordTime: at, LT_recordTime: at, EQ_action: someOf(['OBSERVE', 'ADD', 'DELETE']), EQ_bizStep: oneOrMore, EQ_disposition: oneOrMore, EQ_readPoint: oneOrMore, EQ_bizLocation: oneOrMore,
  EQ_eventID: oneOrMore, EQ_transformationID: oneOrMore, EXISTS_errorDeclaration: Type.Optional(oneOf(['true'])),
  MATCH_epc: oneOrMore, MATCH_parentID: oneOrMore, MATCH_inputEPC: oneOrMore, MATCH_outputEPC: oneOrMore, MATCH_anyEPC: oneOrMore, MATCH_epcClass: oneOrMore, MATCH_inputEPCClass: oneOrMore, MATCH_outputEPCClass: oneOrMore, MATCH_anyEPCClass: oneOrMore,
  EQ_bizTransaction_bol: oneOrMore, EQ_bizTransaction_cert: oneOrMore, EQ_bizTransaction_desadv: oneOrMore, EQ_bizTransaction_inv: oneOrMore, EQ_bizTransaction_pedigree: oneOrMore, EQ_bizTransaction_po: oneOrMore, EQ_bizTransaction_poc: oneOrMore, EQ_bizTransaction_prodorder: oneOrMore,
  EQ_bizTransaction_recadv: oneOrMore, EQ_bizTransaction_rma: oneOrMore, EQ_bizTransaction_testprd: oneOrMore, EQ_bizTransaction_testres: oneOrMore, EQ_bizTransaction_upevt: oneOrMore,
  EQ_source_owning_party: oneOrMore, EQ_source_possessing_party: oneOrMore, EQ_source_location: oneOrMore, EQ_destination_owning_party: oneOrMore, EQ_destination_possessing_party: oneOrMore, EQ_destination_location: oneOrMore,
}, closed)
export type EventQuery = Type.Static<typeof EventQuery>

const context = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'
const exampleEvent = {
  type: 'ObjectEvent', eventID: 'urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057', eventTime: '2026-03-01T09:30:00.000Z', eventTimeZoneOffset: '+01:00', action: 'OBSERVE', bizStep: 'shipping', disposition: 'in_transit',
  epcList: ['https://id.gs1.org/00/340123451234567895'], readPoint: { id: 'https://id.gs1.org/414/4012345000009' },
}

export const epcisApi = defineApi({
  queryEvents: { method: 'GET', path: '/api/v1/epcis/events', needs: 'epcis:read', summary: 'Query events (EPCIS 2.0 simple event query)', query: EventQuery, status: 200, returns: EpcisQueryDocument, fails: [] },
  captureEvent: {
    method: 'POST', path: '/api/v1/epcis/events', needs: ['epcis:read', 'epcis:write'], summary: 'Capture one event', body: Event, status: 201, returns: Event, fails: ['conflict', 'invalid'],
    example: { '@context': context, ...exampleEvent },
  },
  getEvent: {
    method: 'GET', path: '/api/v1/epcis/events/{eventID}', needs: 'epcis:read', summary: 'Get an event by its eventID', params: Type.Object({ eventID: Type.String({ minLength: 1, maxLength: 500 }) }, closed), status: 200,
    returns: Event, fails: ['not_found'],
  },
  captureEvents: {
    method: 'POST', path: '/api/v1/epcis/capture', needs: ['epcis:read', 'epcis:write'], summary: 'Capture a document of events, all or none; they move no stock', body: EpcisDocument, status: 202, returns: CaptureJob,
    fails: ['conflict', 'invalid'],
    example: { '@context': context, type: 'EPCISDocument', schemaVersion: '2.0', creationDate: '2026-03-01T09:31:00Z', epcisBody: { eventList: [{ ...exampleEvent, eventID: 'urn:uuid:01890a5d-ac96-774b-bcce-b302099a8058' }] } },
  },
  getCapture: {
    method: 'GET', path: '/api/v1/epcis/capture/{captureID}', needs: 'epcis:read', summary: 'Get a capture job', params: Type.Object({ captureID: idSchema<CaptureId>() }, closed), status: 200, returns: CaptureJob, fails: ['not_found'],
  },
})
