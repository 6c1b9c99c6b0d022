// What every message other than a response has to pass: gate, signature (in the query or enveloped), signed octets.
import { checkIssuer } from './assertion.ts'
import { type Incoming, type MessageName, receive } from './binding.ts'
import { type Clock, instantOf, refuseFuture, refusePast } from './instant.ts'
import { pinnedKeys } from './keys.ts'
import { NS } from './names.ts'
import { refuse } from './refusal.ts'
import { signatureIn, verifyEnveloped } from './signature.ts'
import { allNamed, attributeOf, isNamed, parseXml, type XmlElement } from './xml.ts'

export interface MessageExpected extends Clock {
  /** Our own address at which the message arrived. */
  readonly destination: string
  /** The entity that must have sent it. */
  readonly senderEntityId: string
  readonly certificatesPem: readonly string[]
}
export interface Message {
  readonly root: XmlElement
  readonly id: string
  readonly relayState: string | null
  readonly isSigned: boolean
}

// A request carries no end of its own, so an old one is refused by its age.
const AGE_MAX_MS = 5 * 60_000

/** A message that is signed by the sender's pinned key, for us, and fresh. `mustSign: false` also lets an unsigned one through. */
export function receivedMessage(incoming: Incoming, parameter: MessageName, rootName: string, expected: MessageExpected, mustSign: boolean): Message {
  const keys = mustSign || expected.certificatesPem.length > 0 ? pinnedKeys(expected.certificatesPem) : []
  const { xml, relayState, signer } = receive(incoming, parameter, keys)
  const arrived = parseXml(xml)
  if (!isNamed(arrived, NS.samlp, rootName)) refuse('unexpected_message', `${arrived.localName} instead of ${rootName}`)
  const signature = signatureIn(arrived)
  const strays = allNamed(arrived, 'Signature').filter((each) => each !== signature)
  if (strays.length > 0 || (signature !== null && incoming.binding === 'redirect')) refuse('misplaced_signature', 'a signature where none belongs')
  const isSigned = signature !== null || signer !== null
  if (mustSign && !isSigned) refuse('unsigned', `${rootName} is not signed`)
  const root = signature === null ? arrived : parseXml(verifyEnveloped(arrived, signature, keys).octets)
  const id = attributeOf(root, 'ID') ?? ''
  if (attributeOf(root, 'Version') !== '2.0' || id === '') refuse('malformed_message', `${rootName} without Version 2.0 or ID`)
  if (attributeOf(root, 'Destination') !== expected.destination) refuse('wrong_destination', `sent to ${attributeOf(root, 'Destination')}`)
  checkIssuer(root, expected.senderEntityId)
  const issued = instantOf(attributeOf(root, 'IssueInstant'), 'IssueInstant')
  refuseFuture(issued, 'IssueInstant', expected)
  refusePast(issued + AGE_MAX_MS, rootName, expected)
  return { root, id, relayState, isSigned }
}
