// Taking in events of other systems. They say what happened elsewhere and move no stock here.
import { newId } from '../../../kernel/ids.ts'
import { isRecord } from '../../../kernel/json.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import type { Row } from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { PER_PAGE_DEFAULT, type CaptureId, type CaptureJob, type EpcisDocument } from './contract.ts'
import { eventFaults, type AnyEvent } from './judge.ts'
import { getEvent } from './query.ts'
import { field, idIn, termsOf } from './terms.ts'
import { EPCIS_CONTEXT } from './schema.ts'

type Writing = Tx<'write', 'epcis:read' | 'epcis:write'>
const FAULTS_MAX = 20

const insertEvents = write('epcis:write', `
  with given as materialized (
    select g.* from jsonb_to_recordset($2::jsonb)
      as g (id uuid, event_id text, type text, action text, biz_step text, disposition text, read_point text, biz_location text, event_time timestamptz, record_time timestamptz, body jsonb, terms jsonb)
  ), made as (
    insert into bss.epcis_event (organization_id, id, event_id, capture_id, type, action, biz_step, disposition, read_point, biz_location, event_time, record_time, body)
    select $1, g.id, g.event_id, $3::uuid, g.type, g.action, g.biz_step, g.disposition, g.read_point, g.biz_location, date_trunc('milliseconds', g.event_time), g.record_time, g.body from given g order by g.event_id, g.id
    on conflict (organization_id, event_id) do nothing
    returning id
  ), told as (
    insert into bss.epcis_epc (organization_id, event_id, role, epc)
    select $1, g.id, t.role, t.epc from made m join given g on g.id = m.id cross join lateral jsonb_to_recordset(g.terms) as t (role text, epc text)
  ), job as (
    insert into bss.epcis_capture (organization_id, id, captured, duplicates)
    select $1, $3::uuid, (select count(*) from made), (select count(*) from given) - (select count(*) from made) where $3::uuid is not null
  )
  select m.id from made m`, { id: column.id() })
const differing = read('epcis:read', `
  select g.place from jsonb_to_recordset($2::jsonb) as g (place int, event_id text, body jsonb)
    join bss.epcis_event e on e.organization_id = $1 and e.event_id = g.event_id
   where e.body - 'recordTime' - '@context' <> g.body - 'recordTime' - '@context' order by 1`, { place: column.int })

/** Stores events that are new, passes over those that are known word by word, and refuses an eventID that is known for something else. Gives how many were new. */
async function keep(tx: Writing, captureId: CaptureId | null, events: readonly unknown[], pointerOf: (index: number) => string): Promise<{ readonly captured: number; readonly ids: readonly string[] }> {
  const faults: ProblemError[] = []
  for (const [index, event] of events.entries()) {
    faults.push(...eventFaults(event, pointerOf(index)))
    if (faults.length >= FAULTS_MAX) break
  }
  if (faults.length > 0) throw new Problem('invalid', 'These are not events as EPCIS 2.0 has them.', { errors: faults.slice(0, FAULTS_MAX) })
  const recordTime = new Date().toISOString()
  const rows = events.filter(isRecord).map((event, place) => {
    const id = newId()
    const eventId = field(event, 'eventID') ?? `urn:uuid:${id}`
    return {
      place, id, event_id: eventId, type: field(event, 'type'), action: field(event, 'action'), biz_step: field(event, 'bizStep'), disposition: field(event, 'disposition'), read_point: idIn(event['readPoint']),
      biz_location: idIn(event['bizLocation']), event_time: field(event, 'eventTime'), record_time: recordTime, body: { ...event, eventID: eventId, recordTime }, terms: termsOf(event),
    }
  })
  const made = new Set((await tx.rows(insertEvents, [JSON.stringify(rows), captureId])).map(({ id }) => String(id)))
  const known = rows.filter(({ id }) => !made.has(id))
  const others = known.length === 0 ? [] : await tx.rows(differing, [JSON.stringify(known.map(({ place, event_id, body }) => ({ place, event_id, body })))])
  if (others.length > 0) {
    throw new Problem('conflict', 'An eventID is known already for another event. To correct an event, send one with an errorDeclaration.', {
      errors: others.slice(0, FAULTS_MAX).map(({ place }) => ({ pointer: `${pointerOf(place)}/eventID`, code: 'event_id_taken', message: 'Another event has this eventID.' })),
    })
  }
  return { captured: made.size, ids: rows.map((row) => row.event_id) }
}

/** A document's events, all or none. Prefixes that the document declares go with each event. */
export async function captureEvents(tx: Writing, document: EpcisDocument): Promise<CaptureJob> {
  const context = document['@context']
  const events = document.epcisBody.eventList.map((event) => (!isRecord(event) || context === EPCIS_CONTEXT || event['@context'] !== undefined ? event : { '@context': context, ...event }))
  const id = newId<'EpcisCapture'>()
  const { captured } = await keep(tx, id, events, (index) => `/epcisBody/eventList/${index}`)
  tx.changed({ entity: 'epcis_capture', id, action: 'captured', after: { captured, duplicates: events.length - captured } })
  return getCapture(tx, id)
}
/** One event; the answer is the event as it is kept. */
export async function captureEvent(tx: Writing, event: AnyEvent): Promise<Record<string, unknown>> {
  const { captured, ids } = await keep(tx, null, [event], () => '')
  const [eventId = ''] = ids
  if (captured > 0) tx.changed({ entity: 'epcis_event', id: eventId, action: 'captured' })
  return getEvent(tx, eventId)
}

const captureJob = { id: column.id<CaptureId>(), captured: column.int, duplicates: column.int, createdAt: column.instant }
const JOB = 'select c.id, c.captured, c.duplicates, c.created_at from bss.epcis_capture c where c.organization_id = $1'
const jobById = read('epcis:read', `${JOB} and c.id = $2`, captureJob)
const jobsBefore = read('epcis:read', `${JOB} and ($2::uuid is null or c.id < $2::uuid) order by c.id desc limit $3::int`, captureJob)
/** A job is stored with its events, so what can be asked for has succeeded. */
export const getCapture = async (tx: Tx<'read', 'epcis:read'>, id: CaptureId): Promise<CaptureJob> => jobOf(await tx.one('capture', jobById, [id]))

/** One page of jobs, the newest first; `next` hears the last one of it when there are more. */
export async function listCaptures(tx: Tx<'read', 'epcis:read'>, { perPage = PER_PAGE_DEFAULT, nextPageToken }: { readonly perPage?: number; readonly nextPageToken?: CaptureId }, next: (token: CaptureId) => void): Promise<CaptureJob[]> {
  const found = await tx.rows(jobsBefore, [nextPageToken ?? null, perPage + 1])
  const jobs = found.slice(0, perPage).map(jobOf)
  const last = jobs.at(-1)
  if (found.length > perPage && last !== undefined) next(last.captureID)
  return jobs
}

function jobOf(job: Row<typeof captureJob>): CaptureJob {
  return { captureID: job.id, createdAt: job.createdAt, finishedAt: job.createdAt, running: false, success: true, captureErrorBehaviour: 'rollback', errors: [], captured: job.captured, duplicates: job.duplicates }
}
