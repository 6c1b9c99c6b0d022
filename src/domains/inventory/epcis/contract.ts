// Traceability in the form of EPCIS 2.0: what happened to which goods, where, when and why.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_MAX } from '../../../kernel/page.ts'
import { closed, Instant, oneOf } from '../schema.ts'
import { ACTIONS, EVENT_TYPES } from './schema.ts'

export type CaptureId = Id<'EpcisCapture'>
export const EVENTS_MAX = 1000
/** The standard's. */
export const PER_PAGE_DEFAULT = 30
const COUNT_MAX = 1_000_000

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

const { Optional } = Type
const separated = { maxLength: 4000, description: 'One value or several, separated by |' } as const
const oneOrMore = Optional(Type.String({ ...separated, minLength: 1, pattern: '^[^|]+(\\|[^|]+)*$' }))
const several = Type.String({ ...separated, minLength: 1, pattern: '^[!-{}~]+(\\|[!-{}~]+)*$' })
const uris = Optional(several)
const at = Optional(Instant)
const someOf = (words: readonly string[]) => Optional(Type.String({ maxLength: 200, pattern: `^(${words.join('|')})(\\|(${words.join('|')}))*$` }))
const figure = Type.String({ pattern: '^-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,9})?$', description: 'A decimal number; of any quantity, or any report in that unit, that the event names' })
const number = Optional(figure)
const Paging = { perPage: Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX, default: PER_PAGE_DEFAULT })) }
export const EventQuery = Type.Object({
  ...Paging, nextPageToken: Optional(Type.String({ maxLength: 500, description: 'As the Link header or the answer named it; with the same parameters as before' })),
  orderBy: Optional(oneOf(['eventTime', 'recordTime'])), orderDirection: Optional(oneOf(['ASC', 'DESC'])),
  eventCountLimit: Optional(Type.Integer({ minimum: 1, maximum: COUNT_MAX, description: 'So many events at most, over all pages; needs orderBy' })),
  maxEventCount: Optional(Type.Integer({ minimum: 1, maximum: COUNT_MAX, description: 'Refused (413) when there are more' })),
  eventType: someOf(EVENT_TYPES), GE_eventTime: at, LT_eventTime: at, GE_recordTime: at, LT_recordTime: at, EQ_action: someOf(ACTIONS), EQ_bizStep: oneOrMore, EQ_disposition: oneOrMore,
  EQ_persistentDisposition_set: oneOrMore, EQ_persistentDisposition_unset: oneOrMore, EQ_readPoint: uris, WD_readPoint: uris, EQ_bizLocation: uris, WD_bizLocation: uris, EQ_eventID: uris, EQ_transformationID: uris,
  MATCH_epc: uris, MATCH_parentID: uris, MATCH_inputEPC: uris, MATCH_outputEPC: uris, MATCH_anyEPC: uris, MATCH_epcClass: uris, MATCH_inputEPCClass: uris, MATCH_outputEPCClass: uris, MATCH_anyEPCClass: uris,
  EQ_quantity: number, GT_quantity: number, GE_quantity: number, LT_quantity: number, LE_quantity: number,
  EXISTS_errorDeclaration: Optional(Type.Boolean()), GE_errorDeclarationTime: at, LT_errorDeclarationTime: at, EQ_errorReason: oneOrMore, EQ_correctiveEventID: uris,
  GE_startTime: at, LT_startTime: at, GE_endTime: at, LT_endTime: at, EQ_type: oneOrMore, EQ_deviceID: uris, EQ_dataProcessingMethod: uris, EQ_microorganism: uris, EQ_chemicalSubstance: uris, EQ_bizRules: uris,
  EQ_stringValue: oneOrMore, EQ_hexBinaryValue: oneOrMore, EQ_uriValue: uris, EQ_booleanValue: Optional(Type.Boolean()),
  EQ_bizTransaction_bol: uris, EQ_bizTransaction_cert: uris, EQ_bizTransaction_desadv: uris, EQ_bizTransaction_inv: uris, EQ_bizTransaction_pedigree: uris, EQ_bizTransaction_po: uris, EQ_bizTransaction_poc: uris, EQ_bizTransaction_prodorder: uris,
  EQ_bizTransaction_recadv: uris, EQ_bizTransaction_rma: uris, EQ_bizTransaction_testprd: uris, EQ_bizTransaction_testres: uris, EQ_bizTransaction_upevt: uris,
  EQ_source_owning_party: uris, EQ_source_possessing_party: uris, EQ_source_location: uris, EQ_destination_owning_party: uris, EQ_destination_possessing_party: uris, EQ_destination_location: uris,
}, { ...closed, patternProperties: { '^(EQ|GT|GE|LT|LE)_(value|minValue|maxValue|meanValue|sDev|percValue)_[A-Z0-9]{2,3}$': figure, '^EQ_(bizTransaction|source|destination)_[A-Za-z][A-Za-z0-9+.-]*:[!-{}~]+$': several } })
export type EventQuery = Type.Static<typeof EventQuery>

const context = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'
const exampleEvent = {
  type: 'ObjectEvent', eventID: 'urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057', eventTime: '2026-03-01T09:30:00.000Z', eventTimeZoneOffset: '+01:00', action: 'OBSERVE', bizStep: 'shipping', disposition: 'in_transit',
  epcList: ['https://id.gs1.org/00/340123451234567895'], readPoint: { id: 'https://id.gs1.org/414/4012345000009' },
}

export const epcisApi = defineApi({
  queryEvents: {
    method: 'GET', path: '/api/v1/epcis/events', needs: 'epcis:read', summary: 'Query events (EPCIS 2.0 simple event query)', query: EventQuery, nextBy: 'nextPageToken', status: 200, returns: EpcisQueryDocument,
    fails: ['too_large'],
  },
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
  listCaptures: {
    method: 'GET', path: '/api/v1/epcis/capture', needs: 'epcis:read', summary: 'List capture jobs, the newest first', nextBy: 'nextPageToken', status: 200, returns: Type.Array(CaptureJob), fails: [],
    query: Type.Object({ ...Paging, nextPageToken: Optional(Type.Unsafe<CaptureId>({ ...idSchema<CaptureId>(), description: 'The captureID of the last job seen' })) }, closed),
  },
  getCapture: {
    method: 'GET', path: '/api/v1/epcis/capture/{captureID}', needs: 'epcis:read', summary: 'Get a capture job', params: Type.Object({ captureID: idSchema<CaptureId>() }, closed), status: 200, returns: CaptureJob, fails: ['not_found'],
  },
})
