// The first gate: reads the text by the letter of XML 1.0, and only the small part of it that SAML needs. What xmldom forgives (lost quotes,
// wrong case, unknown entities, text behind the end) is how a forged message comes to mean one thing to the signature and another to the reader.
import { refuse } from './refusal.ts'

export interface Scanned {
  /** The text without its XML declaration. */
  readonly body: string
  /** Every element in the order of the text, as `depth {namespace}name attributes`. */
  readonly elements: readonly string[]
}
export interface ScanLimits {
  readonly allowComments: boolean
}

const DEPTH_MAX = 48
// xmldom needs about 20 µs an element, and nobody else is served in the meantime.
const ELEMENTS_MAX = 5_000
// A parser that looks for the end of every new name from the back of the text, as xmldom does, is slow when there are thousands of names.
const NAMES_MAX = 300
const ATTRIBUTES_MAX = 64
const NAMESPACES_MAX = 256

const S = '[ \\t\\r\\n]'
const QNAME = '[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?'
const VALUE = `(?:"[^"<]*"|'[^'<]*')`
const DECLARATION = new RegExp(`^<\\?xml${S}+version${S}*=${S}*(?:"1\\.0"|'1\\.0')(?:${S}+encoding${S}*=${S}*(?:"utf-8"|'utf-8'))?(?:${S}+standalone${S}*=${S}*(?:"(?:yes|no)"|'(?:yes|no)'))?${S}*\\?>`, 'i')
const OPEN = new RegExp(`<(${QNAME})((?:${S}+${QNAME}${S}*=${S}*${VALUE})*)${S}*(/?)>`, 'y')
const CLOSE = new RegExp(`</(${QNAME})${S}*>`, 'y')
const ATTRIBUTE = new RegExp(`(${QNAME})${S}*=${S}*(${VALUE})`, 'g')
const BLANK = /^[ \t\r\n]*$/
// oxlint-disable-next-line no-control-regex -- These are the characters that XML 1.0 does not have.
const FORBIDDEN_CHARACTER = /[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/
const NAMED_ENTITY = /^(?:amp|lt|gt|quot|apos)$/
const HTML = 'http://www.w3.org/1999/xhtml'
const XML = 'http://www.w3.org/XML/1998/namespace'

type Scope = ReadonlyMap<string, string>
type Open = { readonly name: string; readonly scope: Scope }

/** Refuses what is not plain, well-formed, namespace-correct XML of bearable size; answers what an honest parser must find in it. */
export function scan(text: string, limits: ScanLimits): Scanned {
  if (FORBIDDEN_CHARACTER.test(text) || !text.isWellFormed()) refuse('malformed_xml', 'a character that XML does not have')
  const body = text.replace(DECLARATION, '')
  const scanner = new Scanner(limits)
  let at = 0
  while (at < body.length) {
    const next = body.indexOf('<', at)
    const end = next === -1 ? body.length : next
    if (end > at) scanner.text(body.slice(at, end))
    at = next === -1 ? end : scanner.markup(body, next)
  }
  scanner.end()
  return { body, elements: scanner.elements }
}

class Scanner {
  readonly elements: string[] = []
  readonly #limits: ScanLimits
  readonly #open: Open[] = []
  readonly #names = new Set<string>()
  #namespaces = 0
  constructor(limits: ScanLimits) {
    this.#limits = limits
  }

  text(text: string): void {
    if (this.#open.length === 0 && !BLANK.test(text)) refuse('malformed_xml', 'text outside of the root element')
    if (text.includes(']]>')) refuse('malformed_xml', ']]> in text')
    checkReferences(text)
  }

  /** Takes one piece of markup and answers where the text goes on. */
  markup(body: string, at: number): number {
    const second = body.charAt(at + 1)
    if (second === '!') return this.#exclamation(body, at)
    if (second === '?') refuse('processing_instruction', 'a processing instruction')
    return second === '/' ? this.#close(body, at) : this.#start(body, at)
  }

  end(): void {
    if (this.#open.length > 0) refuse('malformed_xml', `<${this.#open.at(-1)?.name}> is not closed`)
    if (this.elements.length === 0) refuse('malformed_xml', 'no element')
  }

  #exclamation(body: string, at: number): number {
    if (body.startsWith('<![CDATA[', at)) refuse('cdata', 'a CDATA section')
    if (!body.startsWith('<!--', at)) refuse('doctype', 'a document type or an entity declaration')
    if (!this.#limits.allowComments) refuse('comment', 'a comment')
    const end = body.indexOf('--', at + 4)
    if (end === -1 || body.charAt(end + 2) !== '>') refuse('malformed_xml', 'a comment that does not end')
    return end + 3
  }

  #close(body: string, at: number): number {
    CLOSE.lastIndex = at
    const match = CLOSE.exec(body)
    const open = this.#open.pop()
    if (match === null || open === undefined || match[1] !== open.name) refuse('malformed_xml', 'an end tag that closes nothing')
    return CLOSE.lastIndex
  }

  #start(body: string, at: number): number {
    OPEN.lastIndex = at
    const match = OPEN.exec(body)
    if (match === null) refuse('malformed_xml', 'a start tag that is not well formed')
    const end = OPEN.lastIndex
    const [, name = '', attributes = '', closed = ''] = match
    const parent = this.#open.at(-1)
    if (parent === undefined && this.elements.length > 0) refuse('malformed_xml', 'more than one root element')
    const depth = this.#open.length + 1
    if (depth > DEPTH_MAX) refuse('too_deep', `more than ${DEPTH_MAX} elements inside each other`)
    this.#names.add(name)
    if (this.#names.size > NAMES_MAX || this.elements.length >= ELEMENTS_MAX) refuse('too_large', 'too many elements')
    const own = attributesOf(attributes)
    const scope = this.#scopeOf(own, parent?.scope ?? new Map())
    this.elements.push(`${depth} {${namespaceOf(name, scope)}}${name} ${own.size}`)
    checkAttributeNames(own, scope)
    if (closed === '') this.#open.push({ name, scope })
    return end
  }

  #scopeOf(own: ReadonlyMap<string, string>, outer: Scope): Scope {
    const declared = [...own].filter(([name]) => name === 'xmlns' || name.startsWith('xmlns'))
    if (declared.length === 0) return outer
    this.#namespaces += declared.length
    if (this.#namespaces > NAMESPACES_MAX) refuse('too_large', 'too many namespace declarations')
    const scope = new Map(outer)
    for (const [name, uri] of declared) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) refuse('malformed_xml', `the attribute name ${name}`)
      const prefix = name.slice('xmlns:'.length)
      const isReserved = prefix === 'xml' || prefix === 'xmlns' || uri === XML || uri === 'http://www.w3.org/2000/xmlns/'
      // In the namespace of HTML xmldom reads some elements as plain text, which no other parser does.
      if (isReserved || uri === HTML || (prefix !== '' && uri === '') || uri.includes('&')) refuse('malformed_xml', `the namespace declaration ${name}`)
      scope.set(prefix, uri)
    }
    return scope
  }
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', quoted = ''] of text.matchAll(ATTRIBUTE)) {
    if (found.has(name)) refuse('malformed_xml', `the attribute ${name} twice`)
    const value = quoted.slice(1, -1)
    checkReferences(value)
    found.set(name, value)
    if (found.size > ATTRIBUTES_MAX) refuse('too_large', 'too many attributes')
  }
  return found
}

function namespaceOf(name: string, scope: Scope): string {
  const colon = name.indexOf(':')
  if (colon === -1) return scope.get('') ?? ''
  const prefix = name.slice(0, colon)
  const uri = prefix === 'xml' ? XML : scope.get(prefix)
  // Names that JavaScript gives to every object would be found by a parser that keeps namespaces in one.
  if (uri === undefined || prefix === '__proto__') refuse('malformed_xml', `the prefix ${prefix} is not declared`)
  return uri
}

function checkAttributeNames(own: ReadonlyMap<string, string>, scope: Scope): void {
  const expanded = new Set<string>()
  for (const name of own.keys()) {
    if (name.startsWith('xmlns') || !name.includes(':')) continue
    const full = `{${namespaceOf(name, scope)}}${name.slice(name.indexOf(':') + 1)}`
    if (expanded.has(full)) refuse('malformed_xml', `the attribute ${full} twice`)
    expanded.add(full)
  }
}

// Only the five entities of XML and numbers of characters that XML has: nothing that could be declared elsewhere.
function checkReferences(text: string): void {
  let at = text.indexOf('&')
  while (at !== -1) {
    const end = text.indexOf(';', at)
    const name = end === -1 ? '' : text.slice(at + 1, Math.min(end, at + 12))
    if (!NAMED_ENTITY.test(name) && !isCharacterNumber(name)) refuse('malformed_xml', 'an unknown entity')
    at = text.indexOf('&', at + 1)
  }
}

function isCharacterNumber(name: string): boolean {
  const match = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name)
  if (match === null) return false
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16)
  if (code > 0x10_ff_ff) return false
  const character = String.fromCodePoint(code)
  return character.isWellFormed() && !FORBIDDEN_CHARACTER.test(character)
}
