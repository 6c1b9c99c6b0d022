// Operations about people, roles, groups, sessions and access: a few lines each.
import type { Handlers } from '../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Database } from '../../platform/db/database.ts'
import type { Above } from './above.ts'
import type { accessApi } from './access/contract.ts'
import { explain } from './access/explain.ts'
import { afterId } from './after.ts'
import type { groupsApi } from './groups/contract.ts'
import * as groups from './groups/decide.ts'
import { getGroup, listGroups, listMembers } from './groups/store.ts'
import type { rolesApi } from './roles/contract.ts'
import * as roles from './roles/decide.ts'
import { getRole, listRoles } from './roles/store.ts'
import type { sessionsApi } from './sessions/contract.ts'
import { revokeSession, revokeSessions } from './sessions/decide.ts'
import { endOwnSession, listOwnSessions } from './sessions/index.ts'
import { asSeen, listSessions } from './sessions/store.ts'
import type { usersApi } from './users/contract.ts'
import * as users from './users/decide.ts'
import { getUser, listUsers } from './users/store.ts'

type Members = typeof usersApi & typeof rolesApi & typeof groupsApi & typeof sessionsApi & typeof accessApi

export const membersHandlers = (database: Database, above: Above): Handlers<Members> => ({
  ...usersHandlers(database, above), ...rolesHandlers(database), ...groupsHandlers(database, above), ...sessionsHandlers(database),
  explainAccess: ({ ctx, query }) => database.read(ctx, (tx) => explain(tx, ctx.facts, above, query)),
})

const usersHandlers = (database: Database, above: Above): Handlers<typeof usersApi> => ({
  listUsers: async ({ ctx, query }) => {
    if (query.q !== undefined && !ctx.facts.fieldClasses.has('pii')) throw new Problem('forbidden', 'You cannot search by names and addresses: you may not see personal data.')
    const filter = { status: query['filter[status]'] ?? null, role: query['filter[role]'] ?? null, roleId: query['filter[roleId]'] ?? null, q: query.q ?? null }
    const page = await database.read(ctx, (tx) => listUsers(tx, filter, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
    return { ...page, items: page.items.map((person) => users.asSeenBy(ctx.facts, person)) }
  },
  getUser: async ({ ctx, params }) => users.asSeenBy(ctx.facts, await database.read(ctx, (tx) => getUser(tx, params.userId))),
  createUser: async ({ ctx, body }) => users.asSeenBy(ctx.facts, await database.write(ctx, (tx) => users.createUser(tx, body))),
  updateUser: async ({ ctx, params, body, expectedVersion }) => users.asSeenBy(ctx.facts, await database.write(ctx, (tx) => users.renameUser(tx, ctx.facts, params.userId, body.displayName, expectedVersion))),
  suspendUser: async ({ ctx, params }) => users.asSeenBy(ctx.facts, await database.write(ctx, (tx) => users.suspendUser(tx, ctx.facts, params.userId))),
  resumeUser: async ({ ctx, params }) => users.asSeenBy(ctx.facts, await database.write(ctx, (tx) => users.resumeUser(tx, ctx.facts, params.userId))),
  deactivateUser: async ({ ctx, params }) => users.asSeenBy(ctx.facts, await database.write(ctx, (tx) => users.deactivateUser(tx, ctx.facts, params.userId))),
  assignUserRole: async ({ ctx, params, body }) => users.asSeenBy(ctx.facts, await database.write(ctx, (tx) => users.assignRole(tx, ctx.facts, above, params.userId, body))),
  unassignUserRole: async ({ ctx, params }) => users.asSeenBy(ctx.facts, await database.write(ctx, (tx) => users.unassignRole(tx, ctx.facts, params.userId, params.assignmentId))),
})

const rolesHandlers = (database: Database): Handlers<typeof rolesApi> => ({
  listCustomRoles: async ({ ctx, query }) => {
    const page = await database.read(ctx, (tx) => listRoles(tx, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
    return { ...page, items: [...page.items] }
  },
  getCustomRole: ({ ctx, params }) => database.read(ctx, (tx) => getRole(tx, params.roleId)),
  createCustomRole: ({ ctx, body }) => database.write(ctx, (tx) => roles.createRole(tx, ctx.facts, body)),
  updateCustomRole: ({ ctx, params, body, expectedVersion }) => database.write(ctx, (tx) => roles.updateRole(tx, ctx.facts, params.roleId, body, expectedVersion)),
  retireCustomRole: ({ ctx, params }) => database.write(ctx, (tx) => roles.retireRole(tx, ctx.facts, params.roleId)),
})

const groupsHandlers = (database: Database, above: Above): Handlers<typeof groupsApi> => ({
  listGroups: async ({ ctx, query }) => {
    const page = await database.read(ctx, (tx) => listGroups(tx, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
    return { ...page, items: [...page.items] }
  },
  getGroup: ({ ctx, params }) => database.read(ctx, (tx) => getGroup(tx, params.groupId)),
  createGroup: ({ ctx, body }) => database.write(ctx, (tx) => groups.createGroup(tx, body.name)),
  listGroupMembers: async ({ ctx, params, query }) => {
    const page = await database.read(ctx, (tx) => listMembers(tx, params.groupId, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
    return { ...page, items: page.items.map(({ userId, displayName }) => ({ userId, displayName: ctx.facts.fieldClasses.has('pii') ? displayName : null })) }
  },
  addGroupMember: ({ ctx, params, body }) => database.write(ctx, (tx) => groups.addMember(tx, ctx.facts, params.groupId, body.userId)),
  removeGroupMember: ({ ctx, params }) => database.write(ctx, (tx) => groups.removeMember(tx, ctx.facts, params.groupId, params.userId)),
  mapGroupRole: ({ ctx, params, body }) => database.write(ctx, (tx) => groups.mapRole(tx, ctx.facts, above, params.groupId, body)),
  unmapGroupRole: ({ ctx, params }) => database.write(ctx, (tx) => groups.unmapRole(tx, ctx.facts, params.groupId, params.mappingId)),
})

const sessionsHandlers = (database: Database): Handlers<typeof sessionsApi> => ({
  listMySessions: async ({ ctx, query }) => {
    const page = await database.read(ctx, (tx) => listOwnSessions(tx, ctx.facts, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after)))
    return { ...page, items: page.items.map((row) => asSeen(row, ctx.facts.session?.id ?? null, true)) }
  },
  revokeMySession: async ({ ctx, params }) => asSeen(await database.write(ctx, (tx) => endOwnSession(tx, ctx.facts, params.sessionId)), ctx.facts.session?.id ?? null, true),
  listUserSessions: async ({ ctx, params, query }) => {
    const page = await database.read(ctx, async (tx) => {
      await getUser(tx, params.userId)
      return listSessions(tx, params.userId, query.limit ?? PAGE_LIMIT_DEFAULT, afterId(query.after))
    })
    return { ...page, items: page.items.map((row) => asSeen(row, ctx.facts.session?.id ?? null, ctx.facts.fieldClasses.has('pii'))) }
  },
  revokeSession: async ({ ctx, params }) => asSeen(await database.write(ctx, (tx) => revokeSession(tx, ctx.facts, params.userId, params.sessionId)), ctx.facts.session?.id ?? null, ctx.facts.fieldClasses.has('pii')),
  revokeUserSessions: async ({ ctx, params }) => ({ revoked: await database.write(ctx, (tx) => revokeSessions(tx, ctx.facts, params.userId)) }),
})
