// Proving a domain, and noticing when the proof is gone.
import { Problem } from '../../../kernel/problem.ts'
import type { ConnectionId } from '../../../kernel/ids.ts'
import { newKey } from '../../../platform/crypto/keys.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { normalDomain } from '../../../platform/dns/domain-name.ts'
import type { IdentityParts } from '../parts.ts'
import type { EmailDomain } from './contract.ts'
import * as store from './store.ts'
import type { DomainRow } from './store.ts'

/** A record may be missing for so long (a moved zone, a mistake) before the domain is lost. */
const GRACE_MS = 7 * 86_400_000
const LABEL = '_blue-ship-sync'
const recordOf = (row: DomainRow) => ({ name: `${LABEL}.${row.name}`, type: 'TXT' as const, value: `blue-ship-sync-verification=${row.token}` })

export const shownDomain = ({ token: _token, ...row }: DomainRow, record = recordOf({ token: _token, ...row })): EmailDomain => ({ ...row, record })

type WriteTx = Tx<'write', 'identity:write'>

export async function addDomain(tx: WriteTx, name: string, connectionId: ConnectionId | null): Promise<EmailDomain> {
  const normal = normalDomain(name)
  if (normal === null) throw new Problem('invalid', 'This is no domain.', { errors: [{ pointer: '/name', code: 'no_domain', message: 'Write it like example.com.' }] })
  return shownDomain(await store.insertDomain(tx, normal, newKey('s').slice(6, 40), connectionId))
}

/** Whether the record is there; null when nobody could say. */
async function isProven(parts: IdentityParts, row: DomainRow): Promise<boolean | null> {
  const { name, value } = recordOf(row)
  try {
    return (await parts.resolveTxt(name)).includes(value)
  } catch {
    return null
  }
}

/** Looks the record up outside of any transaction, then writes down what was found: one write, since that is what an Idempotency-Key keeps. */
export async function verifyDomain(parts: IdentityParts, row: DomainRow, write: <T>(work: (tx: WriteTx) => Promise<T>) => Promise<T>): Promise<EmailDomain> {
  const { id } = row
  const proven = await isProven(parts, row)
  if (proven !== true) {
    const { name, value } = recordOf(row)
    throw new Problem('invalid', `No TXT record of ${name} says ${value}. New records can take an hour to be seen.`, { errors: [{ pointer: '', code: proven === null ? 'lookup_failed' : 'record_missing', message: `Expected the TXT record ${name} = ${value}` }] })
  }
  return write(async (tx) => {
    const again = await store.lockDomain(tx, id)
    // Who claims a domain that another organization proved first learns no more than that it is not to be had.
    if (!(await store.claimDomain(tx, id))) throw new Problem('conflict', 'This domain cannot be claimed. If it is yours, write to the platform operator.')
    await store.saveFound(tx, again)
    return shownDomain(await store.lockDomain(tx, id))
  })
}

/** The nightly look at proven domains: a record that stays away for a week loses the domain. */
export async function recheckDomains(parts: IdentityParts, write: <T>(work: (tx: WriteTx) => Promise<T>) => Promise<T>): Promise<number> {
  const due = await write((tx) => store.domainsDue(tx))
  for (const row of due) {
    const proven = await isProven(parts, row)
    await write(async (tx) => {
      const now = await store.lockDomain(tx, row.id)
      if (proven === true) await store.saveFound(tx, now)
      else if (proven === false && now.failingSince !== null && parts.nowMs() - Date.parse(now.failingSince) > GRACE_MS) await store.saveLost(tx, now)
      else await store.saveMissing(tx, row.id)
    })
  }
  return due.length
}
