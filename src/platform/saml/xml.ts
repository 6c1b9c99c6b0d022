// From text to a tree, and the only ways in which the other files of this folder look into it. Two readers, our scanner and xmldom, must have
// seen the same elements; otherwise the text is refused, whoever of them is wrong.
import { DOMParser } from '@xmldom/xmldom'
import { refuse } from './refusal.ts'
import { scan } from './scan.ts'
import type { XmlAttribute, XmlElement, XmlNode } from './xmldom-types.d.ts'

export type { XmlElement } from './xmldom-types.d.ts'

export const BYTES_MAX = 256 * 1024

const ELEMENT = 1
const TEXT = 3

/** The root of a text that passed the gate: well formed, of bearable size and depth, no ID twice. */
export function parseXml(text: string, options: { bytesMax?: number; allowComments?: boolean } = {}): XmlElement {
  if (Buffer.byteLength(text) > (options.bytesMax ?? BYTES_MAX)) refuse('too_large', 'more bytes than a message may have')
  const { body, elements } = scan(text, { allowComments: options.allowComments ?? false })
  const root = parsed(body)
  const seen: string[] = []
  walk(root, 1, (element, depth) => seen.push(`${depth} {${element.namespaceURI ?? ''}}${element.tagName} ${element.attributes.length}`))
  if (seen.length !== elements.length || seen.some((element, index) => element !== elements[index])) refuse('malformed_xml', 'two parsers read two different documents')
  refuseDuplicateIds([root])
  return root
}

function parsed(body: string): XmlElement {
  const fail = (_level: string, message: unknown): void => refuse('malformed_xml', String(message))
  // Line ends as XML 1.0 has them; the default of xmldom would also turn U+0085 and U+2028 into a new line and so break honest signatures.
  const parser = new DOMParser({ errorHandler: fail, normalizeLineEndings: (text) => text.replace(/\r\n?/g, '\n') })
  try {
    return parser.parseFromString(body, 'text/xml').documentElement ?? refuse('malformed_xml', 'no root element')
  } catch (error) {
    return refuse('malformed_xml', 'the parser stopped', error)
  }
}

/** Refuses two elements with one ID in these trees, however the attribute is written. */
export function refuseDuplicateIds(roots: readonly XmlElement[]): void {
  const seen = new Set<string>()
  for (const root of roots) {
    walk(root, 1, (element) => {
      for (const { localName, value } of attributesOf(element)) {
        if (localName.toLowerCase() !== 'id') continue
        if (seen.has(value)) refuse('duplicate_id', `the ID ${value} stands twice`)
        seen.add(value)
      }
    })
  }
}

function walk(element: XmlElement, depth: number, visit: (element: XmlElement, depth: number) => void): void {
  visit(element, depth)
  for (const child of elementsOf(element)) walk(child, depth + 1, visit)
}

/** Every element of this name below and including the root, whatever its namespace: a lookalike counts too. */
export function allNamed(root: XmlElement, ...localNames: readonly string[]): readonly XmlElement[] {
  const found: XmlElement[] = []
  walk(root, 1, (element) => {
    if (localNames.includes(element.localName)) found.push(element)
  })
  return found
}

// The type of a node is told by its number alone.
const isElement = (node: XmlNode): node is XmlElement => node.nodeType === ELEMENT
export const elementsOf = (element: XmlElement): readonly XmlElement[] => Array.from(element.childNodes).filter(isElement)
export const attributesOf = (element: XmlElement): readonly XmlAttribute[] => Array.from(element.attributes)
export const isNamed = (element: XmlElement, namespace: string, localName: string): boolean => element.namespaceURI === namespace && element.localName === localName
export const childrenNamed = (element: XmlElement, namespace: string, localName: string): readonly XmlElement[] =>
  elementsOf(element).filter((child) => isNamed(child, namespace, localName))

/** The only child of this name, or nothing. Two of what may stand once are refused. */
export function childNamed(element: XmlElement, namespace: string, localName: string): XmlElement | null {
  const [first, ...more] = childrenNamed(element, namespace, localName)
  if (more.length > 0) refuse('malformed_message', `${localName} stands twice in ${element.localName}`)
  return first ?? null
}

/** The value of an attribute without a namespace, or null. */
export const attributeOf = (element: XmlElement, name: string): string | null => (element.hasAttribute(name) ? element.getAttribute(name) : null)

/** Text of an element that holds nothing but text, or null when it holds anything else. */
export function textOf(element: XmlElement): string | null {
  const nodes = Array.from(element.childNodes)
  return nodes.every((node) => node.nodeType === TEXT) ? nodes.map((node) => node.nodeValue ?? '').join('') : null
}

/** Text that must be there, with the white space around it taken off as the types anyURI and token do. */
export function tokenOf(element: XmlElement): string {
  const text = textOf(element)
  if (text === null) refuse('malformed_message', `${element.localName} holds more than text`)
  return trimmed(text)
}

export const trimmed = (text: string): string => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')

/** An element that may hold other elements and white space, and nothing else. */
export function hasOnlyElements(element: XmlElement): boolean {
  return Array.from(element.childNodes).every((node) => node.nodeType === ELEMENT || (node.nodeType === TEXT && trimmed(node.nodeValue ?? '') === ''))
}

/** Namespaces in scope at an element that it does not declare itself, the nearest declaration first. */
export function inheritedNamespaces(element: XmlElement): { prefix: string; namespaceURI: string }[] {
  const known = new Set(attributesOf(element).filter(isDeclaration).map(({ localName }) => localName))
  const found: { prefix: string; namespaceURI: string }[] = []
  for (let node = element.parentNode; node !== null && isElement(node); node = node.parentNode) {
    for (const attribute of attributesOf(node).filter(isDeclaration)) {
      if (known.has(attribute.localName)) continue
      known.add(attribute.localName)
      found.push({ prefix: attribute.localName, namespaceURI: attribute.value })
    }
  }
  return found
}

const isDeclaration = ({ prefix }: XmlAttribute): boolean => prefix === 'xmlns'
