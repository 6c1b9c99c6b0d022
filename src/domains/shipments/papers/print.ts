// Labels and papers, from what is known of a shipment. Pure but for the PDF: the same shipment prints the same.
import { gs1128Widths } from '../../../kernel/gs1/code128.ts'
import { makePdf, type Sheet } from '../../../platform/pdf/pdf.ts'
import type { Shipment } from '../document/contract.ts'

export interface Printed {
  readonly shipment: Shipment
  readonly from: string
  readonly to: { readonly name: string; readonly street: string | null; readonly postalCode: string | null; readonly city: string | null; readonly country: string | null }
  readonly carrier: string | null
  readonly service: string | null
}
type Unit = Shipment['units'][number]

const placeLine = (to: Printed['to']): string => [to.postalCode, to.city, to.country].filter((part) => part !== null).join(' ')
const addressLines = (to: Printed['to']): readonly string[] => [to.name, to.street ?? '', placeLine(to)].filter((each) => each !== '')
const weightOf = (grams: number | null): string => (grams === null ? '' : `${(grams / 1000).toFixed(3)} kg`)

/** Text of a ZPL field: what the language reads as a command, or cannot print, is written as the hexadecimal of its UTF-8. */
export const zplText = (text: string): string =>
  Array.from(new TextEncoder().encode(text.replaceAll(/\p{Cc}/gu, ' ')), (byte) => (byte > 0x7e || '^~_\\'.includes(String.fromCharCode(byte)) ? `_${byte.toString(16).padStart(2, '0').toUpperCase()}` : String.fromCharCode(byte))).join('')

/** One label of 4 by 6 inches at 203 dpi for a package or pallet. */
export function zplOf(printed: Printed, unit: Unit): string {
  const { shipment, to } = printed
  const field = (x: number, y: number, size: number, text: string): string => `^FO${x},${y}^A0N,${size},${size}^FH_^FD${zplText(text)}^FS`
  return [
    '^XA', '^CI28', '^PW812', '^LL1218',
    field(40, 40, 28, `From: ${printed.from}`), '^FO40,80^GB732,2,2^FS',
    ...addressLines(to).map((text, index) => field(40, 110 + index * 55, 45, text)),
    '^FO40,300^GB732,2,2^FS', field(40, 320, 32, `${printed.carrier ?? ''} ${printed.service ?? ''}`.trim()), field(40, 370, 32, shipment.trackingNumber ?? ''), field(40, 420, 32, `${shipment.number}  ${weightOf(unit.weightGrams)}`),
    // >; begins code set C, >8 is FNC1: a GS1-128 of the application identifier 00.
    '^FO80,560^BY4^BCN,300,N,N,N', `^FD>;>800${unit.sscc}^FS`, field(180, 890, 40, `(00) ${unit.sscc}`), '^XZ', '',
  ].join('\n')
}

export const labelsPdf = (printed: Printed): Promise<Uint8Array> =>
  makePdf(`Labels ${printed.shipment.number}`, 'A6', (sheet) => {
    for (const [index, unit] of printed.shipment.units.entries()) {
      if (index > 0) sheet.newPage()
      sheet.text(16, 16, `From: ${printed.from}`, { size: 8, width: 265 })
      sheet.rule(16, 30, 281, 30)
      for (const [row, text] of addressLines(printed.to).entries()) sheet.text(16, 38 + row * 20, text, { size: 15, bold: row === 0, width: 265 })
      sheet.rule(16, 104, 281, 104)
      sheet.text(16, 112, `${printed.carrier ?? ''} ${printed.service ?? ''}`.trim(), { size: 11, width: 265 })
      sheet.text(16, 128, printed.shipment.trackingNumber ?? '', { size: 11, width: 265 })
      sheet.text(16, 144, `${printed.shipment.number}   ${weightOf(unit.weightGrams)}`, { size: 11, width: 265 })
      sheet.bars(40, 220, gs1128Widths(`00${unit.sscc}`), 1.4, 110)
      sheet.text(72, 338, `(00) ${unit.sscc}`, { size: 13 })
    }
  })

const ROWS_A_PAGE = 40
/** A table that goes on over the pages. */
function table(sheet: Sheet, top: number, columns: readonly { readonly x: number; readonly width: number; readonly title: string }[], rows: readonly (readonly string[])[]): void {
  let y = top
  const head = (): void => {
    for (const { x, width, title } of columns) sheet.text(x, y, title, { size: 9, bold: true, width })
    sheet.rule(40, y + 13, 555, y + 13)
    y += 18
  }
  head()
  for (const [index, row] of rows.entries()) {
    if (index > 0 && index % ROWS_A_PAGE === 0) {
      sheet.newPage()
      y = 40
      head()
    }
    for (const [at, { x, width }] of columns.entries()) sheet.text(x, y, row[at] ?? '', { size: 9, width })
    y += 15
  }
}
function heading(sheet: Sheet, printed: Printed, title: string): void {
  sheet.text(40, 40, title, { size: 18, bold: true })
  sheet.text(40, 70, `${printed.shipment.number}   ${printed.shipment.shippedAt?.slice(0, 10) ?? ''}`, { size: 11 })
  sheet.text(40, 92, 'From', { size: 9, bold: true })
  sheet.text(40, 105, printed.from, { width: 240 })
  sheet.text(310, 92, 'To', { size: 9, bold: true })
  for (const [row, text] of addressLines(printed.to).entries()) sheet.text(310, 105 + row * 14, text, { width: 245 })
}

export const packingListPdf = (printed: Printed): Promise<Uint8Array> =>
  makePdf(`Packing list ${printed.shipment.number}`, 'A4', (sheet) => {
    heading(sheet, printed, 'Packing list')
    const rows = printed.shipment.units.flatMap((unit) => unit.contents.map((each) => [unit.sscc, each.sku, each.name, each.lot ?? '', `${each.quantity} ${each.unit}`]))
    table(sheet, 170, [{ x: 40, width: 110, title: 'SSCC' }, { x: 152, width: 90, title: 'SKU' }, { x: 244, width: 160, title: 'Item' }, { x: 406, width: 70, title: 'Lot' }, { x: 478, width: 77, title: 'Quantity' }], rows)
  })

export const billOfLadingPdf = (printed: Printed): Promise<Uint8Array> =>
  makePdf(`Bill of lading ${printed.shipment.number}`, 'A4', (sheet) => {
    heading(sheet, printed, 'Bill of lading')
    sheet.text(40, 150, `Carrier: ${printed.carrier ?? ''} ${printed.service ?? ''}   ${printed.shipment.trackingNumber ?? ''}`, { width: 515 })
    // What stands on a pallet is carried with it.
    const loose = printed.shipment.units.filter((unit) => unit.parentId === null)
    table(sheet, 180, [{ x: 40, width: 150, title: 'SSCC' }, { x: 195, width: 80, title: 'Kind' }, { x: 280, width: 120, title: 'Packages on it' }, { x: 405, width: 150, title: 'Gross weight' }],
      loose.map((unit) => [unit.sscc, unit.kind, String(printed.shipment.units.filter((each) => each.parentId === unit.id).length), weightOf(unit.weightGrams)]))
    sheet.newPage()
    sheet.text(40, 60, `Units: ${loose.length}`, { bold: true })
    for (const [row, who] of ['Shipper', 'Carrier', 'Consignee'].entries()) {
      sheet.text(40, 110 + row * 70, `${who}: date, name, signature`, { size: 9 })
      sheet.rule(40, 150 + row * 70, 400, 150 + row * 70)
    }
  })
