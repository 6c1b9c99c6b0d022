// Groups of people, from a directory or made by hand, and the roles they give. A group's name gives nothing: only a mapping does,
// and nobody maps a role that he could not give himself.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type GroupId, type Id, type UserId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, givenRole, Instant, oneOf, orNull, RoleGiven } from '../schema.ts'

export const GROUP_SOURCES = ['scim', 'manual'] as const
export type GroupRoleId = Id<'GroupRole'>

export const GroupRole = Type.Object({ id: idSchema<GroupRoleId>(), ...givenRole }, closed)
export const Group = Type.Object({
  id: idSchema<GroupId>(), name: Type.String(), source: oneOf(GROUP_SOURCES), externalRef: orNull(Type.String()), memberCount: Type.Integer(), roles: Type.Array(GroupRole),
  rowVersion: Type.Integer(), createdAt: Instant, updatedAt: Instant,
}, closed)
export type Group = Type.Static<typeof Group>
export const GroupMember = Type.Object({ userId: idSchema<UserId>(), displayName: orNull(Type.String({ description: 'null for who may not see personal data' })) }, closed)
export type GroupMember = Type.Static<typeof GroupMember>

const GroupName = Type.String({ minLength: 1, maxLength: 255, pattern: '^\\S(.*\\S)?$' })
const GroupPath = Type.Object({ groupId: idSchema<GroupId>() }, closed)

export const groupsApi = defineApi({
  listGroups: { method: 'GET', path: '/api/v1/groups', needs: 'members:read', summary: 'List groups with the roles they give', status: 200, returns: pageOf(Group), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  getGroup: { method: 'GET', path: '/api/v1/groups/{groupId}', needs: 'members:read', summary: 'Get a group', params: GroupPath, status: 200, returns: Group, fails: ['not_found'] },
  createGroup: { method: 'POST', path: '/api/v1/groups', needs: 'members:write', summary: 'Create a group by hand', body: Type.Object({ name: GroupName }, closed), status: 201, returns: Group, fails: ['conflict'], example: { name: 'Night shift' } },
  listGroupMembers: { method: 'GET', path: '/api/v1/groups/{groupId}/members', needs: 'members:read', summary: 'List who is in a group', params: GroupPath, status: 200, returns: pageOf(GroupMember), fails: ['not_found'], query: Type.Object({ ...PageQuery }, closed) },
  addGroupMember: {
    method: 'POST', path: '/api/v1/groups/{groupId}/members', needs: 'members:write', summary: 'Put a person into a group that was made by hand', params: GroupPath, body: Type.Object({ userId: idSchema<UserId>() }, closed), status: 200,
    returns: Group, fails: ['not_found', 'conflict', 'illegal_transition', 'invalid'], example: { userId: '0198d6a4-6f00-7000-8000-000000000011' },
  },
  removeGroupMember: {
    method: 'DELETE', path: '/api/v1/groups/{groupId}/members/{userId}', needs: 'members:write', summary: 'Take a person out of a group that was made by hand',
    params: Type.Object({ ...GroupPath.properties, userId: idSchema<UserId>() }, closed), status: 200, returns: Group, fails: ['not_found', 'conflict'],
  },
  mapGroupRole: {
    method: 'POST', path: '/api/v1/groups/{groupId}/roles', needs: 'members:write', summary: 'Let a group give a role, or give it at other sites', params: GroupPath, body: RoleGiven, status: 200, returns: Group,
    fails: ['not_found', 'conflict', 'invalid'], example: { role: 'warehouse_operator' },
  },
  unmapGroupRole: {
    method: 'DELETE', path: '/api/v1/groups/{groupId}/roles/{mappingId}', needs: 'members:write', summary: 'Let a group no longer give a role',
    params: Type.Object({ ...GroupPath.properties, mappingId: idSchema<GroupRoleId>() }, closed), status: 200, returns: Group, fails: ['not_found', 'conflict'],
  },
})
