// Writes XML. Every value passes through the escape here, so that no name or address can become markup.

export type Child = Written | string
export interface Written {
  readonly xml: string
}

// The last two are line ends to XML 1.1 and to parsers that mistake the one for the other.
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;', '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;', '\u0085': '&#x85;', '\u2028': '&#x2028;' }
const escaped = (text: string): string => text.replace(/[&<>"'\t\n\r\u0085\u2028]/g, (character) => ESCAPES[character] ?? '')

/** An element; attributes that are null or undefined are left out, strings among the children are text. */
export function element(name: string, attributes: Readonly<Record<string, string | null | undefined>>, ...children: readonly (Child | null)[]): Written {
  const written = Object.entries(attributes).flatMap(([key, value]) => (value === null || value === undefined ? [] : [` ${key}="${escaped(value)}"`]))
  const inner = children.map((child) => (child === null ? '' : typeof child === 'string' ? escaped(child) : child.xml)).join('')
  return { xml: inner === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${inner}</${name}>` }
}

/** XML that was written before, for example a signed part. */
export const written = (xml: string): Written => ({ xml })
