// Sends the trails on. Each stream goes at its own pace: a receiver that is slow or down holds up nobody else's.
import { FIELD_CLASSES } from '../../../kernel/access.ts'
import { newId, type OrganizationId } from '../../../kernel/ids.ts'
import { signatureHeaders } from '../../../platform/crypto/webhook.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query } from '../../../platform/db/read-door.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import type { Round } from '../../../platform/jobs/worker.ts'
import type { Outbound } from '../../../platform/outbound/outbound.ts'
import { links } from '../chain/store.ts'
import { purposeOf } from './handlers.ts'
import { BATCH_TYPE, messageOf } from './message.ts'
import { claimStreams, noteDelivered, noteFailed, releaseClaim, type Claimed } from './store.ts'

const IDLE_MS = 250
const ORGANIZATIONS_AT_ONCE = 100
/** Receivers spoken to at the same time by one worker. */
const AT_ONCE = 32
const ENTRIES_A_MESSAGE = 100
/** Messages of one stream before others have their turn. */
const MESSAGES_A_TURN = 20
/** Longer than a request may take: when it has passed, the worker that took the stream is gone. */
const CLAIM_MS = 30_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 3_600_000

/** The pause after so many failures: doubled each time up to an hour, with a quarter of chance so that many do not come back together. */
export const pauseAfter = (failures: number, chance: number = Math.random()): number => Math.round(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 20)) * (0.75 + chance / 4))

export function streamRound(outbound: Outbound): Round {
  const underWay = new Set<Promise<void>>()
  return {
    name: 'audit.stream',
    idleMs: IDLE_MS,
    run: async (database, log, signal) => {
      for (const organizationId of await database.organizationsToStream(ORGANIZATIONS_AT_ONCE)) {
        if (signal.aborted) return false
        const claim = newId<'Claim'>()
        const claimed = await database.housekeep(context(organizationId), (tx) => tx.rows(claimStreams, [claim, CLAIM_MS])).catch((error: unknown) => {
          log.warn({ organizationId, error }, 'the streams of an organization could not be looked at')
          return []
        })
        for (const stream of claimed) {
          const sending = sendAll({ database, outbound, organizationId, claim, signal }, stream)
            .catch((error: unknown) => log.warn({ organizationId, stream: stream.id, error }, 'an audit stream could not be sent'))
            .finally(() => underWay.delete(sending))
          underWay.add(sending)
        }
        while (underWay.size >= AT_ONCE) await Promise.race(underWay)
      }
      return false
    },
    end: async () => void (await Promise.all(underWay)),
  }
}

const context = (organizationId: OrganizationId) => systemContext({ organizationId, permissions: ['audit:read', 'events:write'], operation: 'audit.stream' })

interface Turn {
  readonly database: Database
  readonly outbound: Outbound
  readonly organizationId: OrganizationId
  readonly claim: string
  readonly signal: AbortSignal
}

/** Message after message until the receiver has everything, fails, or has had its turn. */
async function sendAll(turn: Turn, stream: Claimed): Promise<void> {
  const { database, organizationId, claim, signal } = turn
  let position = stream.position
  for (let count = 0; count < MESSAGES_A_TURN && !signal.aborted; count += 1) {
    const sent = await sendOne(turn, stream, position)
    if (sent === 'failed') return // The claim was given back with the note of it.
    if (sent === 'nothing') break
    position = sent
    const [noted] = await database.housekeep(context(organizationId), (tx) => tx.rows(noteDelivered, [stream.id, claim, position, CLAIM_MS]))
    if (noted?.status !== 'active') break
  }
  await database.housekeep(context(organizationId), (tx) => tx.rows(releaseClaim, [stream.id, claim]))
}

async function sendOne(turn: Turn, stream: Claimed, after: number): Promise<number | 'nothing' | 'failed'> {
  const { database, outbound, organizationId } = turn
  const [[first, ...others]] = await database.fetch(context(organizationId), query(links, [after, ENTRIES_A_MESSAGE]))
  if (first === undefined) return 'nothing'
  const classes = new Set(FIELD_CLASSES.filter((each) => stream.fieldClasses.includes(each)))
  const { body, id, lastPosition } = messageOf({ id: stream.id, organizationId, classes }, [first, ...others])
  const secret = database.vault.open(stream.secret, purposeOf(organizationId, stream.id))
  const headers = { 'content-type': BATCH_TYPE, ...signatureHeaders(secret, id, Math.floor(Date.now() / 1000), body) }
  const answer = await outbound.fetch(stream.url, { method: 'POST', headers, body })
  if (answer.ok && answer.status >= 200 && answer.status < 300) return lastPosition
  await fail(turn, stream, answer.ok ? `The receiver answered ${answer.status}.` : answer.detail, answer.ok && answer.status === 410)
  return 'failed'
}

async function fail({ database, organizationId, claim }: Turn, stream: Claimed, sentence: string, isGone: boolean): Promise<void> {
  await database.housekeep(context(organizationId), async (tx) => {
    const [noted] = await tx.rows(noteFailed, [stream.id, claim, sentence, pauseAfter(stream.failures), isGone])
    // That nothing is sent any more is something the organization must find in its trail.
    if (noted !== undefined && isGone) tx.changed({ entity: 'audit_stream', id: stream.id, action: 'disabled', after: { reason: sentence } })
  })
}
