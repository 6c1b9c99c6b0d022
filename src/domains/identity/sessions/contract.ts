// Sessions that are open: one's own, and those of a person. A revoked one opens nothing from the same moment, on every server.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type ConnectionId, type SessionId, type UserId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, Instant, oneOf, orNull } from '../schema.ts'

export const SESSION_KINDS = ['person', 'client', 'support'] as const

export const Session = Type.Object({
  id: idSchema<SessionId>(), kind: oneOf(SESSION_KINDS), isCurrent: Type.Boolean({ description: 'the one this request was made with' }), connectionId: orNull(idSchema<ConnectionId>()), authenticatedAt: Instant,
  methods: Type.Array(Type.String()), acr: orNull(Type.String()), address: orNull(Type.String({ description: 'null for who may not see personal data' })), userAgent: orNull(Type.String()), lastUsedAt: Instant, expiresAt: Instant, createdAt: Instant,
}, closed)
export type Session = Type.Static<typeof Session>

const UserPath = Type.Object({ userId: idSchema<UserId>() }, closed)

export const sessionsApi = defineApi({
  listMySessions: { method: 'GET', path: '/api/v1/sessions', needs: [], summary: 'My own open sessions', status: 200, returns: pageOf(Session), fails: [], query: Type.Object({ ...PageQuery }, closed) },
  revokeMySession: { method: 'POST', path: '/api/v1/sessions/{sessionId}/revoke', needs: [], summary: 'End one of my own sessions', params: Type.Object({ sessionId: idSchema<SessionId>() }, closed), status: 200, returns: Session, fails: ['not_found'] },
  listUserSessions: { method: 'GET', path: '/api/v1/users/{userId}/sessions', needs: 'members:read', summary: 'The open sessions of a person', params: UserPath, status: 200, returns: pageOf(Session), fails: ['not_found'], query: Type.Object({ ...PageQuery }, closed) },
  revokeSession: {
    method: 'POST', path: '/api/v1/users/{userId}/sessions/{sessionId}/revoke', needs: 'members:write', summary: 'End a session of a person', params: Type.Object({ ...UserPath.properties, sessionId: idSchema<SessionId>() }, closed),
    status: 200, returns: Session, fails: ['not_found'],
  },
  revokeUserSessions: {
    method: 'POST', path: '/api/v1/users/{userId}/sessions/revoke', needs: 'members:write', summary: 'End all sessions of a person', params: UserPath, status: 200, returns: Type.Object({ revoked: Type.Integer() }, closed), fails: ['not_found'],
  },
})
