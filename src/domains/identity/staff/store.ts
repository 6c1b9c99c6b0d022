// Functions of the platform about its own people.
import type { ActorId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { system } from '../../../platform/db/system.ts'

export const enrol = system('select id, expires_at from platform.enrol_staff($1, $2, $3)', { id: column.uuidText, expiresAt: column.instant })
export const deactivate = system('select id from platform.deactivate_staff($1)', { id: column.uuidText })
export const ofEnrolment = system('select id, name from platform.staff_of_enrolment($1)', { id: column.uuidText, name: column.text })
export const registerCredential = system('select id from platform.register_staff_credential($1, $2, $3, $4, $5, $6, $7, $8)', { id: column.uuidText })
export const takeChallenge = system('select is_taken from platform.take_staff_challenge($1, $2)', { isTaken: column.bool })
export const credentialOf = system('select id, staff_id, staff_name, public_key, counter from platform.staff_credential_of($1)', {
  id: column.uuidText, staffId: column.id<ActorId>(), staffName: column.text, publicKey: column.bytes, counter: column.int,
})
export const openSession = system('select id, expires_at from platform.open_staff_session($1, $2, $3, $4, $5, $6, $7, $8)', { id: column.uuidText, expiresAt: column.instant })
export const endSession = system('select id from platform.end_staff_session($1, $2)', { id: column.uuidText })
