// From what a provider has proved to an account. A person is found by connection and subject; an account announced by the provider's
// own directory is linked at the first sign-in; a new one is made only where the connection says so, and only for proven domains.
import { normalDomain } from '../../../platform/dns/domain-name.ts'
import type { ConnectionRow } from '../connections/store.ts'
import { Refusal, type Verified } from './facts.ts'
import * as store from './store.ts'
import type { Person, SignInTx } from './store.ts'

/** The account, or a Refusal with its code. */
export async function admit(tx: SignInTx, connection: ConnectionRow, verified: Verified): Promise<Person> {
  const known = await store.personByIdentity(tx, connection.id, verified.subject)
  if (known !== null) return active(known, verified)
  const announced = await store.personOfDirectory(tx, connection.id, verified.directoryName)
  if (announced !== null) {
    active(announced, verified)
    await store.linkIdentity(tx, announced.id, connection.id, verified.subject)
    return announced
  }
  return newcomer(tx, connection, verified)
}

function active(person: Person, { subject }: Verified): Person {
  if (person.status !== 'active') throw new Refusal(`account_${person.status}`, `${person.displayName} is ${person.status}.`, subject)
  return person
}

async function newcomer(tx: SignInTx, connection: ConnectionRow, { subject, email, displayName }: Verified): Promise<Person> {
  if (!connection.hasJit || connection.jitRole === null) throw new Refusal('no_account', 'There is no account for this person, and this connection makes none.', subject)
  // Once a directory says who belongs here, it alone does.
  if (await store.isDirectoryOn(tx)) throw new Refusal('not_in_directory', 'Accounts come from the directory (SCIM), and it has not announced this person.', subject)
  const at = email?.lastIndexOf('@') ?? -1
  const domain = email === null || at < 1 ? null : normalDomain(email.slice(at + 1))
  if (email === null || domain === null) throw new Refusal('no_email', 'The provider gave no usable e-mail address, and a new account needs one of a verified domain.', subject)
  if (!(await store.isOwnDomain(tx, domain, connection.id))) throw new Refusal('foreign_domain', `${domain} is no verified domain of this connection.`, subject)
  const person = await store.createPerson(tx, { userName: email, displayName: displayName ?? email, email, role: connection.jitRole })
  // Not linked to whoever has that name: an address in a token opens nobody else's account.
  if (person === null) throw new Refusal('user_name_taken', `There is an account named ${email} already. An administrator can link it.`, subject)
  await store.linkIdentity(tx, person.id, connection.id, subject)
  return person
}
