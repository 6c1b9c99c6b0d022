// What a scanner read: one function for every form that GS1 knows, and for codes that are none of them.
import { hasCheckDigit } from './check-digit.ts'
import { dayOf } from './dates.ts'
import { readDigitalLink } from './digital-link.ts'
import { fault, GROUP_SEPARATOR, readBracketed, readElementString, type Element, type ScanFault } from './elements.ts'
import { IDENTIFIERS } from './identifiers.ts'
import { gtin14Of } from './keys.ts'

export interface Scan {
  /** gs1: elements · gtin, sscc: a bare number · plain: no GS1 code, `text` as it was read (a bin, a licence plate, a lot number). */
  readonly kind: 'gs1' | 'gtin' | 'sscc' | 'plain'
  readonly text: string
  /** The item: of (01), of (02) what a logistic unit holds, or of the number itself. */
  readonly gtin14?: string
  readonly sscc?: string
  readonly lot?: string
  readonly serial?: string
  /** Use by (17); where that is missing, best before (15) or sell by (16). */
  readonly expiresOn?: string
  readonly madeOn?: string
  /** A count (30, 37). */
  readonly quantity?: string
  /** Of goods sold by measure (310n to 316n): the exact decimal, in the unit of UN/ECE Recommendation 20. */
  readonly measure?: { readonly unit: string; readonly value: string }
  /** A place: (414). */
  readonly gln?: string
  readonly elements: readonly Element[]
}
export type Barcode = { readonly ok: true; readonly scan: Scan } | ScanFault

const BARCODE_MAX = 2000
/** Symbology identifiers that say: an element string follows (GS1-128, DataBar and composite, DataMatrix, QR, DotCode). */
const GS1_SYMBOLOGIES = new Set([']C1', ']e0', ']e1', ']e2', ']d2', ']Q3', ']J1'])
/** EAN/UPC symbols carry a bare number; so does ITF-14 and most of the rest. */
const NUMBER_SYMBOLOGIES = new Set([']E0', ']E4', ']I0', ']I1'])
const MEASURE_UNITS: Readonly<Record<string, string>> = { '310': 'KGM', '311': 'MTR', '312': 'MTR', '313': 'MTR', '314': 'MTK', '315': 'LTR', '316': 'MTQ' }

/** Reads a barcode as it came from a scanner or a keyboard. Never throws; what is a GS1 code and wrong is refused with the reason. */
export function parseBarcode(text: string, today: Date = new Date()): Barcode {
  if (text.length > BARCODE_MAX) return fault('too_long', 'No barcode is as long as this.')
  const trimmed = text.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
  const symbology = /^\][A-Za-z][0-9A-Za-z]/.test(trimmed) ? trimmed.slice(0, 3) : null
  const body = symbology === null ? trimmed : trimmed.slice(3)
  if (body === '') return fault('empty', 'There is nothing in this barcode.')
  const link = readDigitalLink(body)
  if (link !== null) return link.ok ? gs1Scan(body, link.elements, today) : link
  if (symbology !== null && GS1_SYMBOLOGIES.has(symbology)) return gs1(body, readElementString(body), today)
  if (/^\([0-9]{2,4}\)/.test(body)) return gs1(body, readBracketed(body), today)
  if (body.includes(GROUP_SEPARATOR)) return gs1(body, readElementString(body), today)
  // eslint-disable-next-line no-control-regex -- a control character is what is looked for
  if (/[\u0000-\u001f\u007f]/.test(body)) return fault('characters', 'There are characters in this barcode that cannot be read.')
  const number = numberScan(body, symbology !== null && NUMBER_SYMBOLOGIES.has(symbology))
  if (number !== null) return number
  // Without a symbology identifier an element string is believed only when it begins with a key whose check digit is right.
  const elements = /^(0[012][0-9]{14})/.test(body) ? readElementString(body) : null
  if (elements?.ok === true) return gs1Scan(body, elements.elements, today)
  return { ok: true, scan: { kind: 'plain', text: body, elements: [] } }
}

/** Bare numbers of 12, 13, 14 and 18 digits are GS1 keys or wrong; 8 digits may as well be something of the house's own. */
function numberScan(body: string, isNumberSymbol: boolean): Barcode | null {
  if (!/^([0-9]{8}|[0-9]{12,14}|[0-9]{18})$/.test(body)) return null
  if (!hasCheckDigit(body)) return body.length === 8 && !isNumberSymbol ? null : fault('check_digit', 'The check digit of this number is wrong.')
  if (body.length === 18) return { ok: true, scan: { kind: 'sscc', text: body, sscc: body, elements: [{ ai: '00', value: body }] } }
  const gtin14 = gtin14Of(body) ?? body
  return { ok: true, scan: { kind: 'gtin', text: body, gtin14, elements: [{ ai: '01', value: gtin14 }] } }
}

const gs1 = (text: string, read: ReturnType<typeof readElementString>, today: Date): Barcode => (read.ok ? gs1Scan(text, read.elements, today) : read)

function gs1Scan(text: string, elements: readonly Element[], today: Date): Barcode {
  const of = (...ais: readonly string[]): string | undefined => {
    for (const ai of ais) {
      const found = elements.find((each) => each.ai === ai)
      if (found !== undefined) return found.value
    }
    return undefined
  }
  const given = <K extends string>(key: K, value: string | null | undefined): Partial<Record<K, string>> => {
    const record: Partial<Record<K, string>> = {}
    if (value !== undefined && value !== null) record[key] = value
    return record
  }
  const day = (value: string | undefined): string | null => (value === undefined ? null : dayOf(value.slice(0, 6), today))
  const count = of('30', '37')
  const measured = elements.find(({ ai }) => MEASURE_UNITS[ai.slice(0, 3)] !== undefined && ai.length === 4)
  return {
    ok: true,
    scan: {
      kind: 'gs1', text, elements,
      ...given('gtin14', of('01', '02') ?? of('8006', '8026')?.slice(0, 14)), ...given('sscc', of('00')), ...given('lot', of('10')), ...given('serial', of('21')),
      ...given('expiresOn', day(of('17', '7003', '15', '16'))), ...given('madeOn', day(of('11'))), ...given('quantity', count === undefined ? undefined : String(BigInt(count))), ...given('gln', of('414')),
      ...(measured === undefined ? {} : { measure: { unit: MEASURE_UNITS[measured.ai.slice(0, 3)] ?? '', value: decimalOf(measured) } }),
    },
  }
}

/** The value of a measure with its decimal point: `000525` of 3103 is 0.525. */
function decimalOf({ ai, value }: Element): string {
  const decimals = IDENTIFIERS.get(ai)?.decimals ?? 0
  if (decimals === 0) return String(BigInt(value))
  const padded = value.padStart(decimals + 1, '0')
  return `${String(BigInt(padded.slice(0, -decimals)))}.${padded.slice(-decimals)}`.replace(/\.?0+$/, '')
}
