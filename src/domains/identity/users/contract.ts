// People of the organization: who they are, which roles they have and where from. A person whom a directory announces is changed
// there. Names and addresses are personal data: whoever may not see such sees that there is somebody, and no more.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ConnectionId, type RoleId, type UserId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, givenRole, Instant, oneOf, orNull, Role, ROLE_SOURCES, RoleGiven, type RoleAssignmentId } from '../schema.ts'

export const USER_STATUSES = ['active', 'suspended', 'deactivated'] as const
export const USER_SOURCES = ['scim', 'jit', 'manual'] as const

export const UserRole = Type.Object({ id: idSchema<RoleAssignmentId>(), ...givenRole, isRetired: Type.Boolean({ description: 'a retired role gives nothing' }), source: oneOf(ROLE_SOURCES) }, closed)
export const UserEmail = Type.Object({ email: Type.String(), kind: Type.String(), isPrimary: Type.Boolean() }, closed)
export const UserConnection = Type.Object({ connectionId: idSchema<ConnectionId>(), name: Type.String() }, closed)
export const User = Type.Object({
  id: idSchema<UserId>(),
  userName: orNull(Type.String({ description: 'null for who may not see personal data' })),
  displayName: orNull(Type.String()),
  emails: orNull(Type.Array(UserEmail)),
  status: oneOf(USER_STATUSES),
  source: oneOf(USER_SOURCES),
  roles: Type.Array(UserRole),
  connections: Type.Array(UserConnection, { description: 'the identity providers this person has signed in by' }),
  lastSignInAt: orNull(Instant),
  rowVersion: Type.Integer(),
  createdAt: Instant,
  updatedAt: Instant,
}, closed)
export type User = Type.Static<typeof User>

const UserName = Type.String({ minLength: 1, maxLength: 255, pattern: '^\\S(.*\\S)?$' })
const DisplayName = Type.String({ minLength: 1, maxLength: 200, pattern: '^\\S(.*\\S)?$' })
const Email = Type.String({ minLength: 3, maxLength: 320, pattern: '^[^\\s@]+@[^\\s@]+$' })
export const UserDraft = Type.Object({ userName: UserName, displayName: DisplayName, email: Type.Optional(Email) }, closed)
export type UserDraft = Type.Static<typeof UserDraft>

const UserPath = Type.Object({ userId: idSchema<UserId>() }, closed)
const moved = { method: 'POST', needs: 'members:write', params: UserPath, status: 200, returns: User, fails: ['not_found', 'conflict', 'illegal_transition'] } as const

export const usersApi = defineApi({
  listUsers: {
    method: 'GET', path: '/api/v1/users', needs: 'members:read', summary: 'List the people of the organization', status: 200, returns: pageOf(User), fails: [],
    query: Type.Object({
      ...PageQuery, 'filter[status]': Type.Optional(oneOf(USER_STATUSES)), 'filter[role]': Type.Optional(Role), 'filter[roleId]': Type.Optional(idSchema<RoleId>()),
      q: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'display name, user name or an e-mail address begins with it' })),
    }, closed),
  },
  getUser: { method: 'GET', path: '/api/v1/users/{userId}', needs: 'members:read', summary: 'Get a person', params: UserPath, status: 200, returns: User, fails: ['not_found'] },
  createUser: {
    method: 'POST', path: '/api/v1/users', needs: 'members:write', summary: 'Create a person by hand, without any role: for recovery administrators and where there is no directory', body: UserDraft, status: 201,
    returns: User, fails: ['conflict'], example: { userName: 'recovery@example.com', displayName: 'Recovery administrator', email: 'recovery@example.com' },
  },
  updateUser: {
    method: 'PATCH', path: '/api/v1/users/{userId}', needs: 'members:write', summary: 'Change the display name of a person', params: UserPath, body: Type.Object({ displayName: DisplayName }, closed), ifMatch: true, status: 200,
    returns: User, fails: ['not_found', 'stale', 'conflict', 'precondition_required'], example: { displayName: 'Recovery administrator, nights' },
  },
  suspendUser: { ...moved, path: '/api/v1/users/{userId}/suspend', summary: 'Suspend a person; all sessions end at once' },
  resumeUser: { ...moved, path: '/api/v1/users/{userId}/resume', summary: 'Let a suspended or deactivated person in again' },
  deactivateUser: { ...moved, path: '/api/v1/users/{userId}/deactivate', summary: 'Deactivate somebody who leaves: sessions, roles and group memberships end at once' },
  assignUserRole: {
    method: 'POST', path: '/api/v1/users/{userId}/roles', needs: 'members:write', summary: 'Give a person a role, or give it at other sites', params: UserPath, body: RoleGiven, status: 200, returns: User,
    fails: ['not_found', 'conflict', 'illegal_transition', 'invalid'], example: { role: 'planner' },
  },
  unassignUserRole: {
    method: 'DELETE', path: '/api/v1/users/{userId}/roles/{assignmentId}', needs: 'members:write', summary: 'Take a role away that was given by hand or at the first sign-in',
    params: Type.Object({ ...UserPath.properties, assignmentId: idSchema<RoleAssignmentId>() }, closed), status: 200, returns: User, fails: ['not_found', 'conflict'],
  },
})
