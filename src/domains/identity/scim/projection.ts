// `attributes` and `excludedAttributes` (RFC 7644 §3.9): what of a resource is shown. The id and the schemas always are.
import { isList, isRecord } from '../../../kernel/json.ts'
import type { Resource } from './resources.ts'
import { ENTERPRISE_SCHEMA, locate, type ResourceType } from './schemas.ts'

interface Name {
  readonly extension: boolean
  /** Null: all of the extension. */
  readonly attribute: string | null
  readonly sub: string | null
}
export interface Projection {
  readonly only: readonly Name[] | null
  readonly without: readonly Name[]
}
const NAMES_MAX = 100

/** Reads the two lists; names that we do not know show nothing and hide nothing. */
export function projectionOf(type: ResourceType, attributes: readonly string[], excluded: readonly string[]): Projection {
  return { only: attributes.length === 0 ? null : namesOf(type, attributes), without: namesOf(type, excluded) }
}
export const namesIn = (text: string | null): readonly string[] => (text ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '')

function namesOf(type: ResourceType, names: readonly string[]): Name[] {
  return names.slice(0, NAMES_MAX).flatMap((text): Name[] => {
    if (type === 'User' && text.toLowerCase() === ENTERPRISE_SCHEMA.toLowerCase()) return [{ extension: true, attribute: null, sub: null }]
    const colon = text.lastIndexOf(':')
    const [name = '', sub] = text.slice(colon + 1).split('.')
    const found = locate(type, colon < 0 ? null : text.slice(0, colon), name)
    return found === null ? [] : [{ extension: found.extension, attribute: found.attribute.name, sub: sub ?? null }]
  })
}

/** Whether an attribute of the resource will be shown at all: its look-up can be spared otherwise. */
export const isShown = ({ only, without }: Projection, attribute: string): boolean =>
  only === null ? !without.some((name) => name.attribute === attribute && name.sub === null) : only.some((name) => name.attribute === attribute)

export function project(resource: Resource, { only, without }: Projection): Resource {
  const { schemas, id, [ENTERPRISE_SCHEMA]: enterprise, ...core } = resource
  const inner = isRecord(enterprise) ? part(enterprise, true, only, without) : {}
  return { schemas, id, ...part(core, false, only, without), ...(Object.keys(inner).length === 0 ? {} : { [ENTERPRISE_SCHEMA]: inner }) }
}

function part(values: Resource, extension: boolean, only: Projection['only'], without: Projection['without']): Resource {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    const named = (list: readonly Name[]): readonly Name[] => list.filter((each) => each.extension === extension && (each.attribute === name || each.attribute === null))
    const wanted = only === null ? null : named(only)
    if (wanted?.length === 0) continue
    const hidden = only === null ? named(without) : []
    if (hidden.some(({ sub }) => sub === null)) continue
    const isWhole = wanted === null || wanted.some(({ sub }) => sub === null)
    const keeps = (sub: string): boolean => (isWhole || wanted.some((each) => each.sub?.toLowerCase() === sub.toLowerCase())) && !hidden.some((each) => each.sub?.toLowerCase() === sub.toLowerCase())
    const cut = (of: unknown): unknown => (isRecord(of) ? Object.fromEntries(Object.entries(of).filter(([sub]) => keeps(sub))) : of)
    shown[name] = isWhole && hidden.length === 0 ? value : isList(value) ? value.map(cut) : cut(value)
  }
  return shown
}
