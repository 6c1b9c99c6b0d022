// GS1 keys and barcodes: pure, browser-safe, the one place that reads them.
export { parseBarcode, type Barcode, type Scan } from './barcode.ts'
export { checkDigit, hasCheckDigit, isGln, isGtin, isSscc } from './check-digit.ts'
export { dayOf } from './dates.ts'
export { GS1_RESOLVER, readDigitalLink, toDigitalLink } from './digital-link.ts'
export { GROUP_SEPARATOR, readBracketed, readElementString, toBracketed, toElementString, type Element, type ScanFault } from './elements.ts'
export { epcUriOf, gtin14Of, ssccOf, ssccSerialDigits, type SsccParts } from './keys.ts'
