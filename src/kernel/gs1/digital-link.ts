// GS1 Digital Link: elements as a web address of any domain. `https://example.com/01/09506000134352/10/ABC?17=271231`.
import { checkElements, fault, type Element, type Elements } from './elements.ts'
import { IDENTIFIERS } from './identifiers.ts'

/** What may stand first in the path, and which qualifiers may follow it, in this order. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  '00': [], '01': ['22', '10', '21', '235'], '253': [], '255': [], '401': [], '402': [], '414': ['254', '7040'], '417': [], '8003': [], '8004': [],
  '8006': ['22', '10', '21'], '8010': ['8011'], '8013': [], '8017': ['8019'], '8018': ['8019'],
}
export const GS1_RESOLVER = 'https://id.gs1.org'

/** Reads a Digital Link; null when the address is none. A GTIN may be written shorter than 14 digits. */
export function readDigitalLink(text: string): Elements | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  const segments = url.pathname.split('/').slice(1)
  if (segments.at(-1) === '') segments.pop()
  // The key stands behind whatever the domain puts before it; from the back, so that the longest such prefix is taken.
  for (let at = segments.length - 2; at >= 0; at -= 2) {
    const key = segments[at] ?? ''
    const qualifiers = Object.hasOwn(PATHS, key) ? PATHS[key] : undefined
    if (qualifiers === undefined) continue
    const elements = pairsOf(segments.slice(at))
    if (elements === null) return fault('digital_link', 'The path is not valid percent encoding.')
    if (!inOrder(elements.slice(1).map(({ ai }) => ai), qualifiers)) continue
    for (const [ai, value] of url.searchParams) if (IDENTIFIERS.has(ai)) elements.push({ ai, value })
    return checkElements(elements)
  }
  return null
}

function pairsOf(segments: readonly string[]): Element[] | null {
  const elements: Element[] = []
  try {
    for (let at = 0; at < segments.length; at += 2) {
      const ai = segments[at] ?? ''
      const value = decodeURIComponent(segments[at + 1] ?? '')
      elements.push({ ai, value: ai === '01' && /^([0-9]{8}|[0-9]{12,13})$/.test(value) ? value.padStart(14, '0') : value })
    }
  } catch {
    return null
  }
  return elements
}

function inOrder(ais: readonly string[], allowed: readonly string[]): boolean {
  let from = 0
  for (const ai of ais) {
    const at = allowed.indexOf(ai, from)
    if (at === -1) return false
    from = at + 1
  }
  return true
}

/** The Digital Link of elements: the key first, its qualifiers in order, everything else as a query. Null when no key is among them. */
export function toDigitalLink(elements: readonly Element[], domain: string = GS1_RESOLVER): string | null {
  const key = elements.find(({ ai, value }) => Object.hasOwn(PATHS, ai) && !isStep(value))
  if (key === undefined) return null
  const qualifiers = (PATHS[key.ai] ?? []).flatMap((ai) => elements.filter((each) => each.ai === ai && !isStep(each.value)))
  const path = [key, ...qualifiers]
  const query = elements.filter((each) => !path.includes(each)).map(({ ai, value }) => `${ai}=${encodeURIComponent(value)}`)
  return `${domain}/${path.map(({ ai, value }) => `${ai}/${encodeURIComponent(value)}`).join('/')}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

/** An address takes a segment of one or two dots for a step in its path, in whatever encoding: such a value stands in the query. */
const isStep = (value: string): boolean => value === '.' || value === '..'
