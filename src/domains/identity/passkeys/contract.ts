// Passkeys of recovery administrators: Tenant Admins at every site, who can come in when the organization's identity provider cannot be
// reached, or once it is the only way in for everybody else. Registering one needs a proof of the last ten minutes, or a link that another
// administrator has made.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { idSchema, type Id, type UserId } from '../../../kernel/ids.ts'
import { PageQuery, pageOf } from '../../../kernel/page.ts'
import { closed, Instant, Name, orNull } from '../schema.ts'

export type PasskeyId = Id<'WebauthnCredential'>

export const Passkey = Type.Object({
  id: idSchema<PasskeyId>(),
  userId: idSchema<UserId>(),
  name: Type.String(),
  canBeBackedUp: Type.Boolean({ description: 'a synced passkey: it can leave the device' }),
  isBackedUp: Type.Boolean(),
  isUsable: Type.Boolean({ description: 'its owner is an active Tenant Admin at every site' }),
  lastUsedAt: orNull(Instant),
  createdAt: Instant,
}, closed)
export type Passkey = Type.Static<typeof Passkey>

export const PasskeyQuestion = Type.Object({
  options: Type.Unknown({ description: 'for navigator.credentials.create, with binary values in base64url' }),
  state: Type.String({ description: 'to be sent back with the answer, within five minutes' }),
}, closed)
export const PasskeyAnswer = Type.Object({ name: Name, state: Type.String({ maxLength: 2000 }), answer: Type.Unknown({ description: 'what the browser answered, with binary values in base64url' }) }, closed)
export const EnrolmentLink = Type.Object({
  url: orNull(Type.String({ description: 'shown this once; it works once' })), userId: idSchema<UserId>(), expiresAt: Instant,
}, closed)
export type EnrolmentLink = Type.Static<typeof EnrolmentLink>

const PasskeyPath = Type.Object({ passkeyId: idSchema<PasskeyId>() }, closed)

export const passkeysApi = defineApi({
  listPasskeys: {
    method: 'GET', path: '/api/v1/identity/passkeys', needs: 'identity:read', summary: 'List passkeys of recovery administrators', status: 200, returns: pageOf(Passkey), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[userId]': Type.Optional(idSchema<UserId>()) }, closed),
  },
  beginPasskey: {
    method: 'POST', path: '/api/v1/identity/passkeys/options', needs: 'identity:write', summary: 'What a browser needs to make a passkey for the person who is signed in', status: 200, returns: PasskeyQuestion,
    fails: ['conflict', 'step_up_required'],
  },
  registerPasskey: {
    method: 'POST', path: '/api/v1/identity/passkeys', needs: 'identity:write', summary: 'Register a passkey for the person who is signed in', body: PasskeyAnswer, status: 201, returns: Passkey,
    fails: ['conflict', 'invalid', 'step_up_required'], example: { name: 'Key in the safe', state: 'from the question', answer: {} },
  },
  removePasskey: { method: 'DELETE', path: '/api/v1/identity/passkeys/{passkeyId}', needs: 'identity:write', summary: 'Remove a passkey; sessions opened by passkey of its owner end', params: PasskeyPath, status: 200, returns: Passkey, fails: ['not_found', 'conflict'] },
  createPasskeyEnrolmentLink: {
    method: 'POST', path: '/api/v1/identity/passkeys/enrolment-links', needs: ['identity:write', 'members:write'], summary: 'Make a link by which another administrator, made by hand and without a provider, registers a passkey within 24 hours',
    body: Type.Object({ userId: idSchema<UserId>() }, closed), status: 201, returns: EnrolmentLink, fails: ['not_found', 'conflict', 'step_up_required'], example: { userId: '0198d6a4-6f00-7000-8000-000000000011' },
  },
})
