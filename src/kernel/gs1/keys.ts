// Keys of GS1: making them, and writing them as EPC URIs.
import { checkDigit, hasCheckDigit, isGtin, isSscc } from './check-digit.ts'

export interface SsccParts {
  /** One digit, free for the company to use. */
  readonly extension: string
  /** 4 to 12 digits, licensed from GS1. */
  readonly companyPrefix: string
  readonly serial: bigint | number | string
}

/** How many serial references a company prefix has: ten to this power. */
export const ssccSerialDigits = (companyPrefix: string): number => 16 - companyPrefix.length

/** An SSCC-18 with its check digit. Throws RangeError on parts that make none. */
export function ssccOf({ extension, companyPrefix, serial }: SsccParts): string {
  const length = ssccSerialDigits(companyPrefix)
  const text = String(serial)
  if (!/^[0-9]$/.test(extension) || !/^[0-9]{4,12}$/.test(companyPrefix) || !/^[0-9]+$/.test(text) || text.length > length) throw new RangeError('These parts make no SSCC.')
  const body = `${extension}${companyPrefix}${text.padStart(length, '0')}`
  return `${body}${checkDigit(body)}`
}

/** A GTIN of any length as GTIN-14, or null when it is none. */
export const gtin14Of = (gtin: string): string | null => (isGtin(gtin) ? gtin.padStart(14, '0') : null)

type EpcKey =
  | { readonly kind: 'sscc'; readonly sscc: string }
  | { readonly kind: 'sgtin'; readonly gtin: string; readonly serial: string }
  | { readonly kind: 'lgtin'; readonly gtin: string; readonly lot: string }
  | { readonly kind: 'gtin'; readonly gtin: string }
  | { readonly kind: 'sgln'; readonly gln: string; readonly extension?: string }

/** The EPC URI (`urn:epc:…`) of a key; it needs to know how long the company prefix is. Null when the key is none. */
export function epcUriOf(key: EpcKey, companyPrefixLength: number): string | null {
  if (companyPrefixLength < 6 || companyPrefixLength > 12) return null
  if (key.kind === 'sscc') {
    if (!isSscc(key.sscc)) return null
    return `urn:epc:id:sscc:${key.sscc.slice(1, 1 + companyPrefixLength)}.${key.sscc[0] ?? ''}${key.sscc.slice(1 + companyPrefixLength, 17)}`
  }
  if (key.kind === 'sgln') {
    if (key.gln.length !== 13 || !hasCheckDigit(key.gln)) return null
    return `urn:epc:id:sgln:${key.gln.slice(0, companyPrefixLength)}.${key.gln.slice(companyPrefixLength, 12)}.${escaped(key.extension ?? '0')}`
  }
  const gtin = gtin14Of(key.gtin)
  if (gtin === null) return null
  const stem = `${gtin.slice(1, 1 + companyPrefixLength)}.${gtin[0] ?? ''}${gtin.slice(1 + companyPrefixLength, 13)}`
  if (key.kind === 'sgtin') return `urn:epc:id:sgtin:${stem}.${escaped(key.serial)}`
  if (key.kind === 'lgtin') return `urn:epc:class:lgtin:${stem}.${escaped(key.lot)}`
  return `urn:epc:idpat:sgtin:${stem}.*`
}

/** Characters that an EPC URI writes with a percent sign (EPC Tag Data Standard, table A-1). */
const escaped = (text: string): string => text.replaceAll(/["%&/<>?#]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
