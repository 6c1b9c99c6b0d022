import type { Handlers } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Working } from '../work/store.ts'
import type { Resolution, Scan, ScanAnswer, ScanBatch, ScanDraft, ScanId, scansApi } from './contract.ts'
import { holdTasks, look } from './facts.ts'
import { postAll, type Posted } from '../work/post.ts'
import { postEach, putBack } from './post.ts'
import { Judge, timeOf, type Refusal } from './rules.ts'
import * as store from './store.ts'

const answerOf = ({ id: scanId, code, message, isClockOff, outcome }: store.Before, { sequence, key }: ScanDraft, isFirst: boolean): ScanAnswer => ({
  scanId, sequence, key, outcome: isFirst ? outcome : 'duplicate', firstOutcome: isFirst ? null : outcome, code, message, isClockOff,
})

/** Tells each scan of a batch from those that came before, in the batch or earlier. */
function sorted(scans: readonly ScanDraft[], before: readonly store.Before[]): { fresh: ScanDraft[]; firstOf: (draft: ScanDraft) => { key: string; sequence: number } } {
  const byKey = new Map<string, { key: string; sequence: number }>(before.map((each) => [each.key, each]))
  const bySequence = new Map<number, { key: string; sequence: number }>(before.map((each) => [each.sequence, each]))
  const fresh: ScanDraft[] = []
  for (const draft of scans) {
    if (byKey.has(draft.key) || bySequence.has(draft.sequence)) continue
    byKey.set(draft.key, draft)
    bySequence.set(draft.sequence, draft)
    fresh.push(draft)
  }
  return { fresh, firstOf: (draft) => byKey.get(draft.key) ?? bySequence.get(draft.sequence) ?? draft }
}

const TOO_OLD: Refusal = { outcome: 'refused', code: 'too_old', message: 'This device sent a scan of this sequence before, so long ago that its answer is not kept: nothing is posted again.' }
/** Judges scans that are new, posts the good ones and gives all with their answers. */
async function decide(tx: Working, device: string, fresh: readonly ScanDraft[], forgotten: ReadonlySet<number>): Promise<store.Kept[]> {
  const tasks = await holdTasks(tx, [...new Set(fresh.map(({ taskId }) => taskId))])
  const judge = new Judge(await look(tx, fresh, tasks.values()), device, false)
  const now = new Date()
  const good: (Posted & { readonly draft: ScanDraft })[] = []
  const refusals = new Map<ScanDraft, Refusal>()
  for (const draft of fresh) {
    const verdict = forgotten.has(draft.sequence) ? TOO_OLD : judge.judge(draft, tasks.get(draft.taskId))
    if (verdict.outcome === 'accepted') good.push({ ...verdict.entry, draft, occurredAt: timeOf(draft.occurredAt, now).occurredAt })
    else refusals.set(draft, verdict)
  }
  await postEach(tx, device, good.toSorted((a, b) => (a.task.id < b.task.id ? -1 : 1)), ({ draft }, refusal) => refusals.set(draft, refusal))
  return fresh.map((draft) => {
    const refusal = refusals.get(draft)
    return { id: newId<'Scan'>(), sequence: draft.sequence, key: draft.key, outcome: refusal?.outcome ?? 'accepted', code: refusal?.code ?? null, message: refusal?.message ?? null, draft, ...timeOf(draft.occurredAt, now) }
  })
}

/** One batch of a device, whole: stored, judged, posted and answered in one transaction. */
export async function recordScans(tx: Working, { deviceId, scans }: ScanBatch): Promise<{ answers: ScanAnswer[] }> {
  const device = await store.hearDevice(tx, deviceId)
  const before = await store.heardBefore(tx, device.id, scans)
  const { fresh, firstOf } = sorted(scans, before)
  const kept = fresh.length === 0 ? [] : await decide(tx, deviceId, fresh, await store.forgotten(tx, device, fresh.map(({ sequence }) => sequence)))
  await store.keepScans(tx, device.id, kept)
  for (const { id, outcome, code } of kept) if (outcome === 'queued') tx.changed({ entity: 'scan', id, action: 'queued', after: { code } })
  const known = new Map([...before, ...kept].map((each) => [each.sequence, each] as const))
  const isFresh = new Set(fresh)
  return {
    answers: scans.flatMap((draft) => {
      const first = known.get(firstOf(draft).sequence)
      return first === undefined ? [] : [answerOf(first, draft, isFresh.has(draft))]
    }),
  }
}

/** A lead decides on a scan that waits. What is accepted is posted as if it came now; what cannot be posted goes on waiting. */
export async function resolveScan(tx: Tx<'write', 'tasks:work' | 'tasks:manage'>, id: ScanId, { decision, reason }: Resolution): Promise<Scan> {
  const scan = await store.holdScan(tx, id)
  if (scan.outcome !== 'queued' || scan.resolution !== null) throw new Problem('illegal_transition', 'Nothing is to be decided about this scan.')
  if (decision === 'discard') {
    if (reason === undefined) throw new Problem('invalid', 'Say why it is discarded.', { errors: [{ pointer: '/reason', code: 'required', message: 'Say why it is discarded.' }] })
  } else {
    const given = <K extends string>(name: K, value: string | null): Partial<Record<K, string>> => {
      const record: Partial<Record<K, string>> = {}
      if (value !== null) record[name] = value
      return record
    }
    const reading = { ...given('barcode', scan.barcode), ...given('lot', scan.lot), ...given('location', scan.location), ...given('toLocation', scan.toLocation), ...given('quantity', scan.quantity) }
    const tasks = await holdTasks(tx, [scan.taskId])
    const verdict = new Judge(await look(tx, [reading], tasks.values()), scan.deviceId, true).judge(reading, tasks.get(scan.taskId))
    if (verdict.outcome !== 'accepted') throw new Problem('conflict', verdict.message, { errors: [{ pointer: '/decision', code: verdict.code, message: verdict.message }] })
    const ended = await postAll(tx, scan.deviceId, [{ ...verdict.entry, occurredAt: scan.occurredAt }])
    if (!ended.has(scan.taskId)) await putBack(tx, verdict.entry.task)
  }
  await store.noteResolved(tx, id, decision === 'accept' ? 'accepted' : 'discarded', reason ?? null)
  tx.changed({ entity: 'scan', id, action: decision === 'accept' ? 'accepted' : 'discarded', after: { reason: reason ?? null } })
  return store.getScan(tx, id)
}

export const scansHandlers = (database: Database): Handlers<typeof scansApi> => ({
  recordScans: ({ ctx, body }) => database.write(ctx, (tx) => recordScans(tx, body)),
  listScans: ({ ctx, query }) => database.read(ctx, (tx) => store.listScans(tx, {
    filters: { siteId: query['filter[siteId]'], taskId: query['filter[taskId]'], deviceId: query['filter[deviceId]'], outcome: query['filter[outcome]'] }, sort: query.sort ?? '-received', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
  })),
  listScansToReconcile: ({ ctx, query }) => database.read(ctx, (tx) => store.listScansToReconcile(tx, {
    filters: { siteId: query['filter[siteId]'], taskId: query['filter[taskId]'], deviceId: query['filter[deviceId]'], outcome: undefined }, sort: query.sort ?? 'received', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
  })),
  listScanDevices: ({ ctx, query }) => database.read(ctx, (tx) => store.listScanDevices(tx, { filters: {}, sort: query.sort ?? 'deviceId', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after })),
  resolveScan: ({ ctx, params, body }) => database.write(ctx, (tx) => resolveScan(tx, params.scanId, body)),
})
