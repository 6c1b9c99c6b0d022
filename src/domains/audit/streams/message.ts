// From links of the chain to what a receiver gets: CloudEvents 1.0 in a batch, in the order of the chain.
import type { FieldClass } from '../../../kernel/access.ts'
import { isList, isRecord } from '../../../kernel/json.ts'
import { NO_SALT } from '../chain/store.ts'
import { seesEverything, shownTo } from '../masking.ts'

export interface LinkToSend {
  readonly position: number
  readonly id: string
  readonly at: string
  readonly actorKind: string
  readonly actorId: string
  readonly operation: string
  readonly requestId: string
  readonly what: string
  readonly personal: string
  readonly salt: string
  readonly personalDigest: string
  readonly hash: string
}
export const BATCH_TYPE = 'application/cloudevents-batch+json; charset=utf-8'
/** A body grows to about this; a single entry that is longer goes alone. */
const BODY_CHARACTERS = 512_000

export interface Message {
  readonly body: string
  /** The same for the same entries, so that a receiver knows a repeated message. */
  readonly id: string
  readonly lastPosition: number
}

/** As many links, from the first on, as one message holds. There is at least one. */
export function messageOf(stream: { readonly id: string; readonly organizationId: string; readonly classes: ReadonlySet<FieldClass> }, links: readonly [LinkToSend, ...LinkToSend[]]): Message {
  const texts: string[] = []
  let length = 0
  let last = links[0]
  for (const link of links) {
    const text = JSON.stringify(eventOf(stream.organizationId, link, stream.classes))
    if (texts.length > 0 && length + text.length > BODY_CHARACTERS) break
    texts.push(text)
    length += text.length
    last = link
  }
  return { body: `[${texts.join(',')}]`, id: `${stream.id}.${links[0].position}-${last.position}`, lastPosition: last.position }
}

function eventOf(organizationId: string, link: LinkToSend, classes: ReadonlySet<FieldClass>): object {
  const { position, id, at, actorKind, actorId, operation, requestId, what, personalDigest, hash } = link
  const isErased = link.salt === NO_SALT
  const isWhole = !isErased && seesEverything(classes)
  const [name, changes] = personalOf(link.personal)
  return {
    specversion: '1.0', id, source: `/organizations/${organizationId}/audit`, type: 'com.blueshipsync.audit.entry', subject: operation, time: at, datacontenttype: 'application/json',
    data: {
      position, hash, actor: { kind: actorKind, id: actorId, name }, operation, requestId, isErased,
      changes: changes.map((change) => shownTo(classes, change)),
      // With these the receiver can check the chain by itself.
      proof: { what, personal: isWhole ? link.personal : null, salt: isWhole ? link.salt : null, personalDigest },
    },
  }
}

function personalOf(text: string): readonly [name: string, changes: readonly { readonly entity: string }[]] {
  const value: unknown = JSON.parse(text)
  const [name, changes] = isList(value) ? value : []
  return [String(name), isList(changes) ? changes.filter(isRecord).map((change) => ({ ...change, entity: String(change['entity']) })) : []]
}
