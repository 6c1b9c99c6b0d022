// Events out: by the simple event query, and by their eventID.
import { isRecord } from '../../../kernel/json.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { counting, listing } from '../listing.ts'
import { PER_PAGE_DEFAULT, type EpcisQueryDocument, type EventQuery } from './contract.ts'
import { familyCondition, type Condition } from './families.ts'
import { FILTERS, WITH_PATTERNS } from './filters.ts'
import { lookedFor, OPEN } from './match.ts'
import { EPCIS_CONTEXT, OWN_CONTEXT } from './schema.ts'

type Reading = Tx<'read', 'epcis:read'>

function eventOf(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new TypeError('An event in the database is no object.')
  return value
}
const event = { id: column.id(), eventTime: column.instant, body: column.decoded(eventOf) }

const EVENTS = 'select e.id, e.event_time, e.body from bss.epcis_event e where e.organization_id = $1'
const listEvents = listing('epcis:read', {
  select: EVENTS, shape: event, filters: FILTERS, cursorParameter: 'nextPageToken',
  sorts: { eventTime: { sql: 'e.event_time', type: 'timestamptz', of: (row) => row.eventTime }, recordTime: { sql: 'e.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'e.id', type: 'uuid', of: (row) => row.id },
})
const countEvents = counting('epcis:read', { select: EVENTS, filters: FILTERS })

const wrong = (name: string, code: string, message: string): Problem => new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: `/query/${name}`, code, message }] })

/** The conditions as text. `EXISTS_errorDeclaration=false` is no condition: the standard takes events with and without. */
function conditionsOf(query: Omit<EventQuery, 'perPage' | 'nextPageToken' | 'orderBy' | 'orderDirection' | 'eventCountLimit' | 'maxEventCount'>): { filters: Record<string, string | undefined>; more: Condition[] } {
  const filters: Record<string, string> = {}
  const more: Condition[] = []
  for (const [name, given] of Object.entries(query)) {
    if (given === undefined || (name === 'EXISTS_errorDeclaration' && given === false)) continue
    const value = String(given)
    const condition = familyCondition(name, value)
    if (Object.hasOwn(FILTERS, name)) {
      const wanted = name.startsWith('MATCH_') ? lookedFor(name, value) : value
      filters[name + (wanted.includes(OPEN) && name.startsWith('MATCH_') ? WITH_PATTERNS : '')] = wanted
    } else if (condition === null) throw wrong(name, 'unknown', 'There is no such parameter.')
    else more.push(condition)
  }
  return { filters, more }
}

/** Where a limited query goes on: how many events were told, a dot, the cursor. */
const LIMITED = /^([0-9]{1,7})\.(.+)$/

/**
 * One page of events; without an order the newest records come first. `next` hears the token of the page after it.
 * Parameters that contradict each other are refused, as the standard demands (QueryParameterException); so is a result of more than `maxEventCount` (QueryTooLargeException).
 */
export async function queryEvents(tx: Reading, { perPage = PER_PAGE_DEFAULT, nextPageToken, orderBy, orderDirection = 'DESC', eventCountLimit, maxEventCount, ...rest }: EventQuery, next: (token: string) => void): Promise<EpcisQueryDocument> {
  if (eventCountLimit !== undefined && orderBy === undefined) throw wrong('eventCountLimit', 'order_needed', 'Only with orderBy is there a first event.')
  if (eventCountLimit !== undefined && maxEventCount !== undefined) throw wrong('maxEventCount', 'not_both', 'Give either eventCountLimit or maxEventCount.')
  const conditions = conditionsOf(rest)
  if (maxEventCount !== undefined && nextPageToken === undefined && (await countEvents(tx, conditions, maxEventCount + 1)) > maxEventCount) {
    throw new Problem('too_large', `There are more than ${maxEventCount} such events.`, { errors: [{ pointer: '/query/maxEventCount', code: 'query_too_large', message: `There are more than ${maxEventCount} such events.` }] })
  }
  const [, told = '0', cursor = nextPageToken] = (eventCountLimit === undefined ? null : LIMITED.exec(nextPageToken ?? '')) ?? []
  const left = eventCountLimit === undefined ? perPage : eventCountLimit - Number(told)
  if (left < 1) throw wrong('nextPageToken', 'cursor', 'Must be the token of the page before.')
  const key = orderBy ?? 'recordTime'
  const page = await listEvents(tx, { ...conditions, sort: orderDirection === 'ASC' ? key : `-${key}`, limit: Math.min(perPage, left), after: cursor })
  const isLast = page.nextCursor === null || (eventCountLimit !== undefined && page.items.length === left)
  const token = isLast ? null : eventCountLimit === undefined ? page.nextCursor : `${Number(told) + page.items.length}.${page.nextCursor}`
  if (token !== null) next(token)
  return {
    '@context': [EPCIS_CONTEXT, OWN_CONTEXT], type: 'EPCISQueryDocument', schemaVersion: '2.0', creationDate: new Date().toISOString(),
    ...(token === null ? {} : { 'bss:nextPageToken': token }),
    epcisBody: { queryResults: { queryName: 'SimpleEventQuery', resultsBody: { eventList: page.items.map(({ body }) => body) } } },
  }
}

const byEventId = read('epcis:read', 'select e.id, e.event_time, e.body from bss.epcis_event e where e.organization_id = $1 and e.event_id = $2', event)
/** An event alone names its context. */
export async function getEvent(tx: Reading, eventId: string): Promise<Record<string, unknown>> {
  const { body } = await tx.one('event', byEventId, [eventId])
  return { '@context': EPCIS_CONTEXT, ...body }
}
