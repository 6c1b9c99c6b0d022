// The keeper of the PDF library: pages of text, lines and bars. It knows nothing of what is printed.
import PDFDocument from 'pdfkit'

export interface Sheet {
  /** Writes one line at a place, in points from the upper left; cut at `width`. */
  readonly text: (x: number, y: number, text: string, options?: { readonly size?: number; readonly bold?: boolean; readonly width?: number; readonly align?: 'left' | 'right' }) => void
  readonly rule: (x1: number, y1: number, x2: number, y2: number) => void
  /** Dark and light bars in turn, by their widths in modules. */
  readonly bars: (x: number, y: number, widths: readonly number[], module: number, height: number) => void
  readonly newPage: () => void
}
export type PageSize = 'A4' | 'A6'

/** Characters that the built-in fonts have. What they lack is written without its marks, or as a visible question mark; nothing disappears. */
export function printable(text: string): string {
  return Array.from(text.normalize('NFC'), (character) => {
    if (isLatin(character)) return character
    const bare = Array.from(character.normalize('NFKD')).filter((each) => !/\p{M}/u.test(each)).join('')
    return bare !== '' && Array.from(bare).every(isLatin) ? bare : '?'
  }).join('')
}
const isLatin = (character: string): boolean => /^[\u0020-\u007e\u00a0-\u00ff€]$/.test(character)

/** Makes a document. `draw` is called once, with the first page open. */
export function makePdf(title: string, size: PageSize, draw: (sheet: Sheet) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const document = new PDFDocument({ size, margin: 0, info: { Title: printable(title), Producer: 'Blue Ship Sync' } })
    const parts: Uint8Array[] = []
    document.on('data', (part: Uint8Array) => parts.push(part))
    document.on('end', () => resolve(Buffer.concat(parts)))
    document.on('error', reject)
    draw({
      text: (x, y, text, { size: fontSize = 10, bold = false, width, align = 'left' } = {}) => {
        document.font(bold ? 'Helvetica-Bold' : 'Helvetica').fontSize(fontSize).fillColor('black')
        document.text(printable(text), x, y, { lineBreak: false, align, ...(width === undefined ? {} : { width, height: fontSize * 1.2, ellipsis: true, lineBreak: true }) })
      },
      rule: (x1, y1, x2, y2) => void document.moveTo(x1, y1).lineTo(x2, y2).lineWidth(0.5).stroke('black'),
      bars: (x, y, widths, module, height) => {
        let at = x
        for (const [index, width] of widths.entries()) {
          if (index % 2 === 0) document.rect(at, y, width * module, height)
          at += width * module
        }
        document.fill('black')
      },
      newPage: () => void document.addPage({ size, margin: 0 }),
    })
    document.end()
  })
}
