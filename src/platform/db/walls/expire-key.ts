import { literal, Tapped } from './tapped.ts'

/** Makes a key expire now, as a superuser behind every trigger: waiting for its day would take as long. For proofs only. */
export async function expireKey(superuserUrl: string, keyId: string): Promise<void> {
  const superuser = await Tapped.connect({ connectionString: superuserUrl })
  try {
    const expired = `update bss.api_key set created_at = now() - interval '2 days', expires_at = now() - interval '1 day' where id = ${literal(keyId)}`
    await superuser.must(`begin; set local session_replication_role = replica; ${expired}; commit`)
  } finally {
    await superuser.close()
  }
}
