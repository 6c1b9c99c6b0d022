import type { Handlers } from '../../../kernel/contract.ts'
import type { Database } from '../../../platform/db/database.ts'
import { captureEvent, captureEvents, getCapture, listCaptures } from './capture.ts'
import type { epcisApi } from './contract.ts'
import { getEvent, queryEvents } from './query.ts'

/** Captured events belong to no site of ours: who is limited to some sites neither writes nor meets them. */
export const epcisHandlers = (database: Database): Handlers<typeof epcisApi> => ({
  queryEvents: ({ ctx, query, next }) => database.read(ctx, (tx) => queryEvents(tx, query, next)),
  getEvent: ({ ctx, params }) => database.read(ctx, (tx) => getEvent(tx, params.eventID)),
  captureEvent: async ({ ctx, body }) => {
    ctx.needAllSites()
    return database.write(ctx, (tx) => captureEvent(tx, body))
  },
  captureEvents: async ({ ctx, body }) => {
    ctx.needAllSites()
    return database.write(ctx, (tx) => captureEvents(tx, body))
  },
  listCaptures: ({ ctx, query, next }) => {
    ctx.needAllSites()
    return database.read(ctx, (tx) => listCaptures(tx, query, next))
  },
  getCapture: ({ ctx, params }) => {
    ctx.needAllSites()
    return database.read(ctx, (tx) => getCapture(tx, params.captureID))
  },
})
