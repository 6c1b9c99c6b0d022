// The parameters of the simple event query as conditions on `bss.epcis_event e`; `?` is the value, several of them separated by `|`.
import { PARTY_TYPES, TRANSACTION_TYPES } from './schema.ts'

const oneOfThese = (sql: string): string => `${sql} = any(string_to_array(?, '|'))`
/** Behind the name of a filter by EPC: some of its values are only beginnings, which end in a space, as `match.ts` makes them of patterns. */
export const WITH_PATTERNS = ' with patterns'
function found(name: string, ...roles: readonly string[]): Record<string, string> {
  const rolesText = roles.map((role) => `'${role}'`).join(', ')
  const exactly = `select x.event_id from bss.epcis_epc x where x.organization_id = $1 and x.role in (${rolesText}) and x.epc = any(string_to_array(?, '|'))`
  const fitting = `select x.event_id from (select rtrim(u.value) as head from unnest(string_to_array(?, '|')) u (value) where u.value like '% ') p
      join bss.epcis_epc x on x.organization_id = $1 and x.role in (${rolesText}) and x.epc >= p.head and x.epc < p.head || chr(1114111)`
  return { [name]: `e.id in (${exactly})`, [name + WITH_PATTERNS]: `e.id in (${exactly} union all ${fitting})` }
}
/** Documents and parties are kept with their type before them. */
const foundAs = (role: string, type: string): string =>
  `e.id in (select x.event_id from bss.epcis_epc x where x.organization_id = $1 and x.role = '${role}' and x.epc in (select '${type} ' || u.uri from unnest(string_to_array(?, '|')) u (uri)))`
const within = (place: string): string => `${place} in (select d from bss.epcis_descendants($1, string_to_array(?, '|')) d)`
const quantity = (operator: string): string => `exists (
  select from unnest(array['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList']) n (name) cross join lateral jsonb_path_query(e.body -> n.name, '$[*].quantity') q (value)
   where q.value::numeric ${operator} ?::numeric)`
/** The index that has these events is used only by a query with its condition, word for word. */
const special = (sql: string): string => `jsonb_exists_any(e.body, array['errorDeclaration', 'persistentDisposition', 'sensorElementList', 'transformationID']) and ${sql}`
export const sensor = (path: string, condition: string): string => special(`exists (select from jsonb_path_query(e.body, '$.sensorElementList[*].${path}') v (value) where ${condition})`)
const reported = (name: string): string => sensor(`sensorReport[*].${name}`, oneOfThese("(v.value #>> '{}')"))
/** What the standard lets stand for the whole element as well as for one report. */
const anywhere = (name: string): string => sensor(`*.${name}`, oneOfThese("(v.value #>> '{}')"))
const measuredAt = (name: string, operator: string): string => sensor(`sensorMetadata.${name}`, `(v.value #>> '{}')::timestamptz ${operator} ?::timestamptz`)

export const FILTERS: Readonly<Record<string, string>> = {
  eventType: oneOfThese('e.type'), GE_eventTime: 'e.event_time >= ?::timestamptz', LT_eventTime: 'e.event_time < ?::timestamptz', GE_recordTime: 'e.record_time >= ?::timestamptz', LT_recordTime: 'e.record_time < ?::timestamptz',
  EQ_action: oneOfThese('e.action'), EQ_bizStep: oneOfThese('e.biz_step'), EQ_disposition: oneOfThese('e.disposition'),
  EQ_persistentDisposition_set: special("jsonb_exists_any(e.body #> '{persistentDisposition,set}', string_to_array(?, '|'))"),
  EQ_persistentDisposition_unset: special("jsonb_exists_any(e.body #> '{persistentDisposition,unset}', string_to_array(?, '|'))"),
  EQ_readPoint: oneOfThese('e.read_point'), WD_readPoint: within('e.read_point'), EQ_bizLocation: oneOfThese('e.biz_location'), WD_bizLocation: within('e.biz_location'),
  EQ_eventID: oneOfThese('e.event_id'), EQ_transformationID: special(oneOfThese("(e.body ->> 'transformationID')")),
  ...found('MATCH_epc', 'epc'), ...found('MATCH_parentID', 'parent'), ...found('MATCH_inputEPC', 'input'), ...found('MATCH_outputEPC', 'output'), ...found('MATCH_anyEPC', 'epc', 'parent', 'input', 'output'),
  ...found('MATCH_epcClass', 'class'), ...found('MATCH_inputEPCClass', 'input_class'), ...found('MATCH_outputEPCClass', 'output_class'), ...found('MATCH_anyEPCClass', 'class', 'input_class', 'output_class'),
  EQ_quantity: quantity('='), GT_quantity: quantity('>'), GE_quantity: quantity('>='), LT_quantity: quantity('<'), LE_quantity: quantity('<='),
  EXISTS_errorDeclaration: special("(e.body -> 'errorDeclaration' is not null) = ?::bool"),
  GE_errorDeclarationTime: special("(e.body #>> '{errorDeclaration,declarationTime}')::timestamptz >= ?::timestamptz"), LT_errorDeclarationTime: special("(e.body #>> '{errorDeclaration,declarationTime}')::timestamptz < ?::timestamptz"),
  EQ_errorReason: special(oneOfThese("(e.body #>> '{errorDeclaration,reason}')")), EQ_correctiveEventID: special("jsonb_exists_any(e.body #> '{errorDeclaration,correctiveEventIDs}', string_to_array(?, '|'))"),
  GE_startTime: measuredAt('startTime', '>='), LT_startTime: measuredAt('startTime', '<'), GE_endTime: measuredAt('endTime', '>='), LT_endTime: measuredAt('endTime', '<'),
  EQ_type: reported('type'), EQ_deviceID: anywhere('deviceID'), EQ_dataProcessingMethod: anywhere('dataProcessingMethod'), EQ_microorganism: reported('microorganism'), EQ_chemicalSubstance: reported('chemicalSubstance'),
  EQ_bizRules: anywhere('bizRules'), EQ_stringValue: reported('stringValue'), EQ_hexBinaryValue: reported('hexBinaryValue'), EQ_uriValue: reported('uriValue'), EQ_booleanValue: reported('booleanValue'),
  ...Object.fromEntries(TRANSACTION_TYPES.map((type) => [`EQ_bizTransaction_${type}`, foundAs('transaction', type)])),
  ...Object.fromEntries(PARTY_TYPES.flatMap((type) => [[`EQ_source_${type}`, foundAs('source', type)], [`EQ_destination_${type}`, foundAs('destination', type)]])),
}
