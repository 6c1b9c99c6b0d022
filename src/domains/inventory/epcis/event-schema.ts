// Events as EPCIS 2.0 describes them: our own schemas, written from the standard. Fields of others are let in when their names are
// prefixed, and left alone.
import Type from 'typebox'
import { Instant } from '../../../kernel/instant.ts'
import { ACTIONS, BIZ_STEPS, DISPOSITIONS, ERROR_REASONS, PARTY_TYPES, TRANSACTION_TYPES } from './schema.ts'
import { closed } from '../../../kernel/schema.ts'

const URI = '[A-Za-z][A-Za-z0-9+.-]*:[!-~]+'
/** A URI, which is ASCII; also a prefixed name such as `example:myStep`. */
export const Uri = Type.String({ maxLength: 500, pattern: `^${URI}$` })
/** A word of the standard, or a URI that does not pretend to be one. */
const word = (words: readonly string[]) => Type.String({ maxLength: 500, pattern: `^(${words.join('|')}|(?!urn:epcglobal:cbv|https?://ns\\.gs1\\.org/cbv/)${URI})$` })
const extended = { additionalProperties: false, patternProperties: { '^[^:\\s]+:.+$': {} } } as const
const EPCS_MAX = 5000
const option = Type.Optional
const epcs = option(Type.Array(Uri, { maxItems: EPCS_MAX, uniqueItems: true }))
const quantities = option(Type.Array(Type.Object({ epcClass: Uri, quantity: option(Type.Number({ minimum: 0 })), uom: option(Type.String({ pattern: '^[A-Z0-9]{2,3}$' })) }, closed), { maxItems: EPCS_MAX }))
const place = option(Type.Object({ id: Uri }, extended))
const states = option(Type.Array(word(DISPOSITIONS), { minItems: 1, maxItems: 50, uniqueItems: true }))
const transaction = Type.Object({ type: option(word(TRANSACTION_TYPES)), bizTransaction: Uri }, closed)
const Text = Type.String({ maxLength: 2000 })
const report = Type.Object({
  type: Type.String({ minLength: 1, maxLength: 500 }), exception: option(Text), deviceID: option(Uri), deviceMetadata: option(Uri), rawData: option(Uri), dataProcessingMethod: option(Uri), bizRules: option(Uri), time: option(Instant),
  microorganism: option(Uri), chemicalSubstance: option(Uri), coordinateReferenceSystem: option(Uri), value: option(Type.Number()), component: option(Text), stringValue: option(Text), booleanValue: option(Type.Boolean()),
  hexBinaryValue: option(Type.String({ maxLength: 2000, pattern: '^[A-Fa-f0-9]+$' })), uriValue: option(Uri), minValue: option(Type.Number()), maxValue: option(Type.Number()), meanValue: option(Type.Number()), sDev: option(Type.Number()),
  percRank: option(Type.Number()), percValue: option(Type.Number()), uom: option(Type.String({ maxLength: 20 })),
}, extended)
const sensors = option(Type.Array(Type.Object({
  sensorMetadata: option(Type.Object({
    time: option(Instant), deviceID: option(Uri), deviceMetadata: option(Uri), rawData: option(Uri), startTime: option(Instant), endTime: option(Instant), dataProcessingMethod: option(Uri), bizRules: option(Uri),
  }, extended)),
  sensorReport: Type.Array(report, { minItems: 1, maxItems: 1000 }),
}, extended), { maxItems: 1000 }))
const ilmd = option(Type.Object({}, extended))
const action = Type.String({ pattern: `^(${ACTIONS.join('|')})$` })

const every = {
  '@context': option(Type.Unknown()), eventID: option(Uri), eventTime: Instant, recordTime: option(Instant), eventTimeZoneOffset: Type.String({ pattern: '^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$' }),
  certificationInfo: option(Type.Union([Uri, Type.Array(Uri, { maxItems: 100 })])),
  errorDeclaration: option(Type.Object({ declarationTime: Instant, reason: option(word(ERROR_REASONS)), correctiveEventIDs: option(Type.Array(Uri, { maxItems: 100 })) }, extended)),
  bizStep: option(word(BIZ_STEPS)), disposition: option(word(DISPOSITIONS)), readPoint: place, bizLocation: place,
  sourceList: option(Type.Array(Type.Object({ type: word(PARTY_TYPES), source: Uri }, closed), { maxItems: 100 })),
  destinationList: option(Type.Array(Type.Object({ type: word(PARTY_TYPES), destination: Uri }, closed), { maxItems: 100 })),
  sensorElementList: sensors,
}
const transactions = option(Type.Array(transaction, { maxItems: 1000 }))
const persistent = option(Type.Object({ set: states, unset: states }, { ...closed, minProperties: 1 }))
const children = { parentID: option(Uri), childEPCs: epcs, childQuantityList: quantities }

export const ObjectEvent = Type.Object({
  type: Type.Literal('ObjectEvent'), ...every, action, epcList: epcs, quantityList: quantities, bizTransactionList: transactions, persistentDisposition: persistent, ilmd,
}, extended)
export const AggregationEvent = Type.Object({ type: Type.Literal('AggregationEvent'), ...every, action, ...children, bizTransactionList: transactions }, extended)
export const AssociationEvent = Type.Object({ type: Type.Literal('AssociationEvent'), ...every, action, ...children, parentID: Uri, bizTransactionList: transactions }, extended)
export const TransactionEvent = Type.Object({
  type: Type.Literal('TransactionEvent'), ...every, action, parentID: option(Uri), epcList: epcs, quantityList: quantities, bizTransactionList: Type.Array(transaction, { minItems: 1, maxItems: 1000 }),
}, extended)
export const TransformationEvent = Type.Object({
  type: Type.Literal('TransformationEvent'), ...every, inputEPCList: epcs, inputQuantityList: quantities, outputEPCList: epcs, outputQuantityList: quantities, transformationID: option(Uri),
  bizTransactionList: transactions, persistentDisposition: persistent, ilmd,
}, extended)
