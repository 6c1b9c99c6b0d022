// What a set-up link does: fills in one connection, adds domains to it and has them checked. Always under the link's own lock, so that one
// that was ended a moment ago changes nothing.
import { Compile } from 'typebox/compile'
import type { ConnectionId, EmailDomainId } from '../../../kernel/ids.ts'
import { notFound, Problem, type ProblemError } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { explain } from '../../../platform/http/explain.ts'
import type { PageRequest } from '../../../platform/http/page.ts'
import { ConnectionDraft, ConnectionPatch } from '../connections/contract.ts'
import { createConnection, updateConnection } from '../connections/decide.ts'
import { lockConnection } from '../connections/store.ts'
import { addDomain, verifyDomain } from '../domains/decide.ts'
import { lockDomain } from '../domains/store.ts'
import type { IdentityParts } from '../parts.ts'
import { draftOf, faultsByField, FIELDS, isOpenToSetUp, kindOf, type Choice, type Values } from './rules.ts'
import { saveConnectionOf, type GuidedLink } from './store.ts'

type WriteTx = Tx<'write', 'identity:write'>
/** Where one request of a link's holder is worked on. */
export interface Desk {
  readonly parts: IdentityParts
  readonly request: PageRequest
  readonly link: GuidedLink
  /** A transaction under the link's lock, written to the trail as the link's deed. */
  write<T>(work: (tx: WriteTx, live: GuidedLink) => Promise<T>): Promise<T>
}

const DOMAINS_MAX = 20
const drafts = Compile(ConnectionDraft)
const patches = Compile(ConnectionPatch)

/** What the contract says of a value says little to whoever fills in a form: the hint of the field says more. */
function malformed(choice: Choice, faults: readonly ProblemError[]): Problem {
  const errors = faults.map((fault) => ({ ...fault, message: `This does not look right. ${FIELDS[choice].find(({ pointers }) => pointers.some((each) => fault.pointer.startsWith(each)))?.hint ?? fault.message}` }))
  return new Problem('invalid', 'The connection cannot be set up like this.', { errors })
}

export async function saveConnection({ parts, write }: Desk, choice: Choice, values: Values): Promise<void> {
  const told = draftOf(choice, values)
  const draft = { ...told, kind: kindOf(choice) }
  if (!drafts.Check(draft)) throw malformed(choice, explain(ConnectionDraft, draft))
  if (!patches.Check(told)) throw malformed(choice, explain(ConnectionPatch, told))
  await write(async (tx, live) => {
    if (live.connectionId === null) {
      const { id } = await createConnection(tx, parts, draft, live.reserved)
      await saveConnectionOf(tx, live.id, id)
      return null
    }
    const { rowVersion } = await lockOwn(tx, live.connectionId)
    await updateConnection(tx, parts, live.connectionId, told, rowVersion)
    return null
  })
}

async function lockOwn(tx: WriteTx, id: ConnectionId) {
  const row = await lockConnection(tx, id)
  if (!isOpenToSetUp(row.status)) throw new Problem('illegal_transition', `The connection is ${row.status} now. A Tenant Admin goes on from here.`)
  return row
}

export async function addOwnDomain({ write }: Desk, connectionId: ConnectionId, name: string, known: number): Promise<void> {
  if (known >= DOMAINS_MAX) throw new Problem('invalid', `A link adds ${DOMAINS_MAX} domains at most. A Tenant Admin adds the others.`)
  await write(async (tx) => {
    await lockOwn(tx, connectionId)
    await addDomain(tx, name, connectionId)
    return null
  })
}

export async function verifyOwnDomain({ parts, write, link }: Desk, id: EmailDomainId): Promise<void> {
  const row = await write((tx) => lockDomain(tx, id))
  if (row.connectionId === null || row.connectionId !== link.connectionId) throw notFound('domain')
  await verifyDomain(parts, row, (work) => write(async (tx, live) => {
    if (live.connectionId !== null) await lockOwn(tx, live.connectionId)
    return work(tx)
  }))
}

/** Faults of a refusal beside their fields; what is about no field stands at the top. */
export function faultsOf(choice: Choice, { errors, message }: Problem): Values {
  return errors.length === 0 ? { '': message } : faultsByField(choice, errors)
}
