import { literal, Tapped } from './tapped.ts'

/** A person of the platform with an open session, behind the passkey that a proof has no authenticator for. For proofs only. */
export async function plantStaffSession(superuserUrl: string, { staffId, name, sessionId, digest }: { staffId: string; name: string; sessionId: string; digest: string }): Promise<void> {
  const superuser = await Tapped.connect({ connectionString: superuserUrl })
  try {
    await superuser.must(`insert into platform.staff (id, name) values (${literal(staffId)}, ${literal(name)})`)
    await superuser.must(`insert into platform.staff_session (id, staff_id, digest, address, user_agent, expires_at) values (${literal(sessionId)}, ${literal(staffId)}, ${literal(`\\x${digest}`)}, '', '', now() + interval '1 hour')`)
  } finally {
    await superuser.close()
  }
}
