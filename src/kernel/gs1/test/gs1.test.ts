import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDigit, dayOf, epcUriOf, gtin14Of, hasCheckDigit, isGln, isGtin, parseBarcode, readBracketed, readDigitalLink, readElementString, ssccOf, toBracketed, toDigitalLink, toElementString, type Element } from '../index.ts'
import { identifierAt, IDENTIFIERS, PREDEFINED_LENGTHS } from '../identifiers.ts'

const FNC1 = '\u001d'
const today = new Date('2026-11-24T12:00:00Z')
const digits = (min: number, max = min) => fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: min, maxLength: max })
const checked = (length: number) => digits(length - 1).map((body) => body + checkDigit(body))
const text = (max: number) => fc.string({ unit: fc.constantFrom(...`!"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz`.split('')), minLength: 1, maxLength: max })
const gtin: fc.Arbitrary<Element> = checked(14).map((value) => ({ ai: '01', value }))
const attribute: fc.Arbitrary<Element> = fc.oneof(
  text(20).map((value) => ({ ai: '10', value })), text(20).map((value) => ({ ai: '21', value })), digits(1, 8).map((value) => ({ ai: '37', value })), digits(6).map((value) => ({ ai: '3103', value })),
  fc.constantFrom('270228', '271200', '300101').map((value) => ({ ai: '17', value })), text(30).map((value) => ({ ai: '400', value })), checked(13).map((value) => ({ ai: '410', value })), text(25).map((value) => ({ ai: '8020', value })),
)
const elements = fc.tuple(gtin, fc.uniqueArray(attribute, { selector: ({ ai }) => ai, maxLength: 6 })).map(([first, rest]) => [first, ...rest])
const scanOf = (read: ReturnType<typeof parseBarcode>) => {
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`)
  return read.scan
}
const codeOf = (barcode: string) => {
  const read = parseBarcode(barcode, today)
  return read.ok ? read.scan.kind : read.code
}
const byIdentifier = (list: readonly Element[]) => list.toSorted((a, b) => a.ai.localeCompare(b.ai))

describe('check digits (GS1 mod 10)', () => {
  it('known numbers are right', () => {
    for (const known of ['4006381333931', '96385074', '012345678905', '10012345678902']) expect(isGtin(known)).toBe(true)
    expect(isGln('4012345000009')).toBe(true)
    expect(isGln('4006381333932')).toBe(false)
  })
  it('the digit completes any number, and every other digit is refused', () => {
    fc.assert(fc.property(digits(1, 17), (body) => {
      for (const digit of '0123456789') expect(hasCheckDigit(body + digit)).toBe(digit === checkDigit(body))
    }))
  })
  it('one wrong digit is always noticed', () => {
    fc.assert(fc.property(checked(18), fc.nat(17), fc.integer({ min: 1, max: 9 }), (whole, at, add) => {
      expect(hasCheckDigit(whole.slice(0, at) + String((Number(whole[at]) + add) % 10) + whole.slice(at + 1))).toBe(false)
    }))
  })
})

describe('keys', () => {
  it('an SSCC has 18 digits and its check digit, for company prefixes of every length', () => {
    fc.assert(fc.property(digits(1), digits(4, 12), fc.nat(9999), (extension, companyPrefix, serial) => {
      const sscc = ssccOf({ extension, companyPrefix, serial })
      expect(sscc).toMatch(/^[0-9]{18}$/)
      expect(hasCheckDigit(sscc)).toBe(true)
      expect(sscc.startsWith(extension + companyPrefix)).toBe(true)
    }))
    expect(ssccOf({ extension: '3', companyPrefix: '4012345', serial: 123456789n })).toBe('340123451234567895')
    expect(() => ssccOf({ extension: '0', companyPrefix: '401234500000', serial: 10000 })).toThrow(RangeError)
    expect(() => ssccOf({ extension: 'x', companyPrefix: '4012345', serial: 1 })).toThrow(RangeError)
  })
  it('every GTIN has 14 digits when it is filled up, and stays right', () => {
    fc.assert(fc.property(fc.constantFrom(8, 12, 13, 14).chain(checked), (each) => { expect(isGtin(gtin14Of(each) ?? '')).toBe(true) }))
    expect(gtin14Of('4006381333932')).toBeNull()
  })
  it('EPC URIs are those of the Tag Data Standard', () => {
    expect(epcUriOf({ kind: 'sscc', sscc: '340123451234567895' }, 7)).toBe('urn:epc:id:sscc:4012345.3123456789')
    expect(epcUriOf({ kind: 'sgtin', gtin: '80614141123458', serial: '62/89' }, 7)).toBe('urn:epc:id:sgtin:0614141.812345.62%2F89')
    expect(epcUriOf({ kind: 'lgtin', gtin: '4012345111118', lot: '998877' }, 7)).toBe('urn:epc:class:lgtin:4012345.011111.998877')
    expect(epcUriOf({ kind: 'gtin', gtin: '4012345111118' }, 7)).toBe('urn:epc:idpat:sgtin:4012345.011111.*')
    expect(epcUriOf({ kind: 'sgln', gln: '4012345000009' }, 7)).toBe('urn:epc:id:sgln:4012345.00000.0')
    expect(epcUriOf({ kind: 'sscc', sscc: '340123451234567891' }, 7)).toBeNull()
  })
})

describe('the table of identifiers', () => {
  it('no identifier is the beginning of another, and those of predefined length have exactly that', () => {
    for (const { ai, parts } of IDENTIFIERS.values()) {
      expect(identifierAt(`${ai}0000`)?.ai).toBe(ai)
      const fixed = PREDEFINED_LENGTHS.get(ai.slice(0, 2)) ?? null
      const longest = ai.length + parts.reduce((sum, { max }) => sum + max, 0)
      expect([ai, fixed ?? longest]).toEqual([ai, longest])
    }
  })
  it('has what the warehouse meets', () => {
    for (const ai of ['00', '01', '02', '10', '11', '12', '13', '15', '16', '17', '20', '21', '22', '30', '37', '400', '401', '410', '417', '420', '421', '8003', '8004', '8006', '8017', '8018', '8020', '240', '241', '250', '251', '253', '254', '255', '3100', '3165']) {
      expect([ai, IDENTIFIERS.has(ai)]).toEqual([ai, true])
    }
  })
})

describe('dates', () => {
  it('day 00 is the last of its month, and the century slides', () => {
    expect(dayOf('270200', today)).toBe('2027-02-28')
    expect(dayOf('280200', today)).toBe('2028-02-29')
    expect(dayOf('760101', today)).toBe('2076-01-01')
    expect(dayOf('770101', today)).toBe('1977-01-01')
    expect(dayOf('100101', new Date('2065-01-01T00:00:00Z'))).toBe('2110-01-01')
    for (const none of ['270230', '271301', '270001', '2701', 'abcdef']) expect(dayOf(none, today)).toBeNull()
  })
})

describe('elements go out and come back', () => {
  it('as an element string, in brackets, with and without a symbology identifier', () => {
    fc.assert(fc.property(elements, fc.constantFrom(']C1', ']d2', ']Q3', ']e0'), (list, symbology) => {
      expect(readElementString(toElementString(list))).toEqual({ ok: true, elements: list })
      expect(readBracketed(toBracketed(list))).toEqual({ ok: true, elements: list })
      expect(scanOf(parseBarcode(symbology + toElementString(list), today)).elements).toEqual(list)
      expect(scanOf(parseBarcode(toBracketed(list), today)).elements).toEqual(list)
    }))
  })
  it('as a Digital Link of any domain', () => {
    fc.assert(fc.property(elements, fc.constantFrom('https://id.gs1.org', 'http://shop.example:8080/a/01/b'), (list, domain) => {
      const read = readDigitalLink(toDigitalLink(list, domain) ?? '')
      expect(read?.ok === true ? byIdentifier(read.elements) : read).toEqual(byIdentifier(list))
    }))
  })
  it('a lot of dots is no step in the path of a Digital Link', () => {
    for (const dots of ['.', '..']) {
      const list = [{ ai: '01', value: '04006381333931' }, { ai: '10', value: dots }, { ai: '21', value: 'A' }]
      const read = readDigitalLink(toDigitalLink(list) ?? '')
      expect(read?.ok === true ? byIdentifier(read.elements) : read).toEqual(byIdentifier(list))
    }
  })
  it('nothing that is read ever throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.tuple(fc.constantFrom(']C1', '(01)', '01', 'https://x/01/', FNC1), fc.string()).map(([a, b]) => a + b)), (any) => { expect(typeof parseBarcode(any, today).ok).toBe('boolean') }), { numRuns: 2000 })
  })
  it('one wrong digit of a GTIN is found in every form', () => {
    fc.assert(fc.property(checked(14), fc.nat(13), fc.integer({ min: 1, max: 9 }), (right, at, add) => {
      const wrong = right.slice(0, at) + String((Number(right[at]) + add) % 10) + right.slice(at + 1)
      expect([wrong, `]C101${wrong}`, `(01)${wrong}`, `https://id.gs1.org/01/${wrong}`].map(codeOf)).toEqual(['check_digit', 'check_digit', 'check_digit', 'check_digit'])
    }))
  })
})

describe('what a scanner reads', () => {
  it('a pallet label', () => {
    expect(scanOf(parseBarcode(`]C10034012345123456789502040063813339313748${FNC1}10L-7`, today))).toMatchObject({
      kind: 'gs1', sscc: '340123451234567895', gtin14: '04006381333931', quantity: '48', lot: 'L-7',
    })
  })
  it('a carton in DataMatrix: lot, expiry, serial', () => {
    expect(scanOf(parseBarcode(`]d201040063813339311727020010AB-12${FNC1}21S/9`, today))).toMatchObject({ kind: 'gs1', gtin14: '04006381333931', expiresOn: '2027-02-28', lot: 'AB-12', serial: 'S/9' })
  })
  it('goods by weight', () => {
    expect(scanOf(parseBarcode('(01)94006381333934(3103)000525', today))).toMatchObject({ measure: { unit: 'KGM', value: '0.525' } })
    expect(scanOf(parseBarcode('(01)94006381333934(3102)012000', today))).toMatchObject({ measure: { unit: 'KGM', value: '120' } })
  })
  it('a Digital Link with qualifiers and attributes, and other parameters left alone', () => {
    expect(scanOf(parseBarcode('https://brand.example/de/01/4006381333931/10/L%2F1/21/7?17=271231&utm=x', today))).toMatchObject({ gtin14: '04006381333931', lot: 'L/1', serial: '7', expiresOn: '2027-12-31' })
    expect(codeOf('https://brand.example/about/us')).toBe('plain')
  })
  it('bare numbers, and an element string without a symbology identifier', () => {
    expect(scanOf(parseBarcode(' 4006381333931\r\n', today))).toMatchObject({ kind: 'gtin', gtin14: '04006381333931' })
    expect(scanOf(parseBarcode(']E096385074', today))).toMatchObject({ kind: 'gtin', gtin14: '00000096385074' })
    expect(scanOf(parseBarcode('340123451234567895', today))).toMatchObject({ kind: 'sscc', sscc: '340123451234567895' })
    expect(scanOf(parseBarcode('00340123451234567895', today))).toMatchObject({ kind: 'gs1', sscc: '340123451234567895' })
    expect(scanOf(parseBarcode('A-01-02', today))).toEqual({ kind: 'plain', text: 'A-01-02', elements: [] })
  })
  it('what is wrong is refused with its code', () => {
    expect([
      '', '4006381333932', '340123451234567891', ']E096385075', ']C15512', ']C10104006381333', ']C117271331', '(10)A(10)B', '(01)04006381333931(10)', '(999)1', '(21)ä', 'x\u0001y', 'z'.repeat(2001), 'https://x.example/01/04006381333931/10/%E0%A4%A',
    ].map(codeOf)).toEqual([
      'empty', 'check_digit', 'check_digit', 'check_digit', 'unknown_identifier', 'length', 'date', 'repeated', 'length', 'unknown_identifier', 'characters', 'characters', 'too_long', 'digital_link',
    ])
  })
})
