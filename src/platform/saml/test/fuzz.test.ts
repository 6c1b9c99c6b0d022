// Random damage. Whatever is done to an honest message, either it is refused or it says what the honest one said; and nothing is thrown.
import { DOMParser, type XmlElement } from '@xmldom/xmldom'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readIdpMetadata, readResponse } from '../index.ts'
import { idpMetadata } from '../issue/index.ts'
import { idp } from './keys.ts'
import { attribute, attributes, base64Of, build, expectedBy, nameId, type Recipe } from './recipe.ts'

const RECIPES: readonly Recipe[] = [{ sign: 'assertion' }, { sign: 'response' }, { sign: 'both' }, { sign: 'assertion', encrypt: {} }, { sign: 'response', encrypt: {} }, { sign: 'both', encrypt: {} }]
const OTHER = build({ sign: 'both', assertion: { id: '_assertion2', nameId: nameId('admin'), attributes: attributes(attribute('groups', 'admins')) }, response: { id: '_response2' } })

const verdict = (bytes: Buffer | string) => readResponse({ samlResponseBase64: Buffer.from(bytes).toString('base64'), expected: expectedBy() })
const honest = RECIPES.map((recipe) => {
  const xml = build(recipe)
  return { xml, bytes: Buffer.from(xml), answer: verdict(xml), pieces: piecesOf(xml) }
})
const which = fc.integer({ min: 0, max: honest.length - 1 })

/** Refused, or the same in every value. */
function saysNothingElse(bytes: Buffer | string, index: number): void {
  const answer = verdict(bytes)
  const wanted = honest[index]?.answer
  expect(answer.ok ? answer : wanted).toEqual(wanted)
}

type Edit = { readonly kind: 'replace' | 'insert' | 'delete' | 'copy' | 'move'; readonly from: number; readonly length: number; readonly to: number; readonly text: string }
const PIECES = ['<', '>', '&', '"', "'", '/', '<!--', '-->', '<![CDATA[', ']]>', '<?x?>', '<!DOCTYPE x>', '&lt;', '&#65;', ' ', '\n', '\0', 'admin', ' ID="_assertion1"', ' xmlns:saml="urn:x"', '<saml:NameID>admin</saml:NameID>', '</saml:Assertion>', '<saml:Assertion>', '\u00E9']
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('replace' as const, 'insert' as const, 'delete' as const, 'copy' as const, 'move' as const),
  from: fc.nat(20_000), length: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 3_000 })), to: fc.nat(20_000),
  text: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6 })),
})

function edited(text: string, { kind, from, length, to, text: put }: Edit): string {
  const at = from % text.length
  const end = Math.min(at + length, text.length)
  const rest = text.slice(0, at) + text.slice(end)
  const target = to % Math.max(rest.length, 1)
  switch (kind) {
    case 'replace':
      return text.slice(0, at) + put + text.slice(end)
    case 'insert':
      return text.slice(0, at) + put + text.slice(at)
    case 'delete':
      return rest
    case 'copy':
      return text.slice(0, to % text.length) + text.slice(at, end) + text.slice(to % text.length)
    case 'move':
      return rest.slice(0, target) + text.slice(at, end) + rest.slice(target)
  }
}

function elements(root: XmlElement): XmlElement[] {
  return [root, ...Array.from(root.childNodes).filter((node): node is XmlElement => node.nodeType === 1).flatMap(elements)]
}
/** Every subtree of a document as text. */
function piecesOf(xml: string): readonly string[] {
  const root = new DOMParser({ errorHandler: () => undefined }).parseFromString(xml, 'text/xml').documentElement
  return root === null ? [] : elements(root).map((element) => element.toString())
}

/** Takes a subtree of one message and puts it somewhere into another, or in the place of something. */
function transplanted(xml: string, places: readonly string[], pieces: readonly string[], from: number, to: number, how: number): string {
  const piece = pieces[from % pieces.length] ?? ''
  const place = places[to % places.length] ?? ''
  const start = xml.indexOf(place.slice(0, 30))
  if (start === -1) return xml
  const opening = xml.indexOf('>', start) + 1
  const closing = xml.indexOf('</', opening)
  if (how === 0) return xml.slice(0, start) + piece + xml.slice(start)
  if (how === 1) return xml.slice(0, opening) + piece + xml.slice(opening)
  if (how === 2) return xml.slice(0, opening) + piece + xml.slice(Math.max(opening, closing))
  return xml.slice(0, closing) + piece + xml.slice(closing)
}

describe('random damage never yields another assertion', () => {
  it('the honest ones are accepted', () => {
    expect(honest.map(({ answer }) => answer.ok)).toEqual(RECIPES.map(() => true))
    expect(verdict(OTHER)).toMatchObject({ ok: true, assertion: { nameId: { value: 'admin' } } })
  })

  it('bytes changed', () => {
    fc.assert(
      fc.property(which, fc.array(fc.tuple(fc.nat(20_000), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }), (index, changes) => {
        const bytes = Buffer.from(honest[index]?.bytes ?? [])
        for (const [at, value] of changes) bytes.writeUInt8(value, at % bytes.length)
        saysNothingElse(bytes, index)
      }),
      { numRuns: 600 },
    )
  })

  it('pieces of text replaced, inserted, deleted, copied and moved', () => {
    fc.assert(
      fc.property(which, fc.array(edit, { minLength: 1, maxLength: 4 }), (index, edits) => saysNothingElse(edits.reduce(edited, honest[index]?.xml ?? ''), index)),
      { numRuns: 800 },
    )
  })

  it('subtrees of the message itself planted elsewhere', () => {
    fc.assert(
      fc.property(which, fc.nat(200), fc.nat(200), fc.integer({ min: 0, max: 3 }), (index, from, to, how) => {
        const { xml = '', pieces = [] } = honest[index] ?? {}
        saysNothingElse(transplanted(xml, pieces, pieces, from, to, how), index)
      }),
      { numRuns: 500 },
    )
  })

  it('subtrees of an unsigned message planted into a signed one', () => {
    const donor = piecesOf(build({ sign: 'none', assertion: { id: '_evil', nameId: nameId('admin') }, response: { id: '_evilResponse' } }))
    fc.assert(
      fc.property(which, fc.nat(200), fc.nat(200), fc.integer({ min: 0, max: 3 }), (index, from, to, how) => {
        const { xml = '', pieces = [] } = honest[index] ?? {}
        saysNothingElse(transplanted(xml, pieces, donor, from, to, how), index)
      }),
      { numRuns: 500 },
    )
  })

  it('anything at all is answered and not thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.array(fc.constantFrom(...PIECES, '<a>', '</a>', '<a/>')).map((pieces) => base64Of(pieces.join('')))), (text) => {
        expect(readResponse({ samlResponseBase64: text, expected: expectedBy() }).ok).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('damaged metadata is answered and not thrown', () => {
    const xml = idpMetadata({ entityId: 'https://idp.example', ssoUrl: 'https://idp.example/sso', sloUrl: null, certificatesPem: [idp.certificatePem], wantsSignedRequests: true })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const answer = readIdpMetadata(edits.reduce(edited, xml))
        expect(typeof (answer.ok ? answer.metadata.entityId : answer.code)).toBe('string')
      }),
      { numRuns: 300 },
    )
  })
})
