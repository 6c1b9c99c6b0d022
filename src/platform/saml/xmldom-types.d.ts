// The part of @xmldom/xmldom that is used here. Its own types would bring every global of a browser into the whole program.
export interface XmlNode {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly parentNode: XmlNode | null
  readonly childNodes: ArrayLike<XmlNode>
}
export interface XmlAttribute {
  readonly name: string
  readonly localName: string
  readonly prefix: string | null
  readonly namespaceURI: string | null
  readonly value: string
}
export interface XmlElement extends XmlNode {
  readonly tagName: string
  readonly localName: string
  readonly namespaceURI: string | null | undefined
  readonly attributes: ArrayLike<XmlAttribute>
  hasAttribute(name: string): boolean
  getAttribute(name: string): string
  cloneNode(deep: boolean): XmlElement
  removeChild(child: XmlNode): XmlNode
  toString(): string
}
export interface XmlDocument extends XmlNode {
  readonly documentElement: XmlElement | null
}
export declare class DOMParser {
  constructor(options: { errorHandler: (level: string, message: unknown) => void; normalizeLineEndings?: (text: string) => string })
  parseFromString(text: string, type: 'text/xml'): XmlDocument
}
