import type { Handlers } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query } from '../../../platform/db/read-door.ts'
import { newSigningSecret } from '../../../platform/crypto/webhook.ts'
import type { Outbound } from '../../../platform/outbound/outbound.ts'
import { STREAMS_MAX, type streamsApi } from './contract.ts'
import * as store from './store.ts'

/** What the sealed secret of a stream is bound to. */
export const purposeOf = (organizationId: string, id: string): string => `audit_stream:${organizationId}:${id}`

export const streamHandlers = (database: Database, outbound: Outbound): Handlers<typeof streamsApi> => ({
  listAuditStreams: async ({ ctx }) => {
    ctx.needAllSites()
    const [items] = await database.fetch(ctx, query(store.streams))
    return { items }
  },
  createAuditStream: async ({ ctx, body }) => {
    ctx.needAllSites()
    const refusal = outbound.refusalOf(body.url)
    if (refusal !== null) throw new Problem('invalid', refusal.detail, { errors: [{ pointer: '/url', code: refusal.code, message: refusal.detail }] })
    const id = newId<'AuditStream'>()
    const secret = newSigningSecret()
    const sealed = database.vault.seal(secret, purposeOf(ctx.organizationId, id))
    const made = await database.write(ctx, async (tx) => {
      const row = await tx.maybe(store.insertStream, [id, body.name, body.url, sealed, [...ctx.facts.fieldClasses], body.afterPosition ?? null, STREAMS_MAX])
      if (row === null) throw new Problem('conflict', `There are ${STREAMS_MAX} streams already, and there may be no more.`)
      tx.changed({ entity: 'audit_stream', id, action: 'created', after: { name: body.name, url: body.url } })
      return row
    })
    // Added after the transaction, so that it is never kept: a repeated request gets the kept answer without it.
    return { ...made, secret: ctx.facts.outcome.isReplayed ? null : secret }
  },
  pauseAuditStream: ({ ctx, params }) => {
    ctx.needAllSites()
    return database.write(ctx, async (tx) => {
      const row = await tx.one('stream', store.pauseStream, [params.streamId])
      tx.changed({ entity: 'audit_stream', id: params.streamId, action: 'paused' })
      return row
    })
  },
  resumeAuditStream: ({ ctx, params }) => {
    ctx.needAllSites()
    return database.write(ctx, async (tx) => {
      const row = await tx.one('stream', store.resumeStream, [params.streamId])
      tx.changed({ entity: 'audit_stream', id: params.streamId, action: 'resumed' })
      return row
    })
  },
  deleteAuditStream: ({ ctx, params }) => {
    ctx.needAllSites()
    return database.write(ctx, async (tx) => {
      await tx.one('stream', store.deleteStream, [params.streamId])
      tx.changed({ entity: 'audit_stream', id: params.streamId, action: 'deleted' })
      return null
    })
  },
})
