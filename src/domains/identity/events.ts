// What happens to who may come in.
import Type from 'typebox'
import { defineEvent } from '../../kernel/event.ts'
import { idSchema, type Id } from '../../kernel/ids.ts'

/** Two people of the platform opened the organization without its grant. */
export const breakGlassOpened = defineEvent('identity.breakGlassOpened', 'support_grant', Type.Object({
  supportGrantId: idSchema<Id<'SupportGrant'>>(), reason: Type.String(), requestedBy: Type.String(), approvedBy: Type.String(), expiresAt: Type.String({ format: 'date-time' }),
}, { additionalProperties: false }))
