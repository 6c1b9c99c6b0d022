import type { Handlers } from '../../../kernel/contract.ts'
import { newId } from '../../../kernel/ids.ts'
import { PAGE_LIMIT_DEFAULT } from '../../../kernel/page.ts'
import type { Database } from '../../../platform/db/database.ts'
import { completeTask, failed, shortTask } from './complete.ts'
import type { workApi } from './contract.ts'
import * as store from './store.ts'

export const workHandlers = (database: Database): Handlers<typeof workApi> => ({
  nextTasks: ({ ctx, body }) => database.write(ctx, (tx) => store.nextTasks(tx, body)),
  listTasks: ({ ctx, query }) =>
    database.read(ctx, (tx) =>
      store.listTasks(tx, {
        filters: { siteId: query['filter[siteId]'], status: query['filter[status]'], kind: query['filter[kind]'], waveId: query['filter[waveId]'], shipmentId: query['filter[shipmentId]'] },
        sort: query.sort ?? '-created', limit: query.limit ?? PAGE_LIMIT_DEFAULT, after: query.after,
      }),
    ),
  countTasks: ({ ctx, query }) => database.read(ctx, (tx) => store.countTasks(tx, query.siteId)),
  getTask: ({ ctx, params }) => database.read(ctx, (tx) => store.getTask(tx, params.taskId)),
  heartbeatTask: ({ ctx, params, body }) => database.write(ctx, (tx) => store.heartbeat(tx, params.taskId, body.deviceId)),
  releaseTask: ({ ctx, params, body }) => database.write(ctx, (tx) => store.release(tx, params.taskId, body.deviceId)),
  completeTask: ({ ctx, params, body }) => database.write(ctx, (tx) => completeTask(tx, params.taskId, body)),
  shortTask: ({ ctx, params, body }) => database.write(ctx, (tx) => shortTask(tx, ctx.facts.idempotency?.key ?? newId(), params.taskId, body)),
  failTask: ({ ctx, params, body }) => database.write(ctx, (tx) => failed(tx, params.taskId, body.deviceId, body.code, body.note ?? null)),
  reassignTask: ({ ctx, params, body }) => database.write(ctx, (tx) => store.reassign(tx, params.taskId, body.assignee, body.priority ?? null)),
})
