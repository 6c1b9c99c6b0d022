import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csvRows, type CsvRow } from '../csv.ts'
import { ndjsonRows, type NdjsonRow } from '../ndjson.ts'
import { openText } from '../text.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bss-tabular-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let count = 0
async function fileOf(bytes: string | Uint8Array): Promise<string> {
  count += 1
  const path = join(folder, `file-${count}`)
  await writeFile(path, bytes)
  return path
}
async function rowsOf(bytes: string | Uint8Array): Promise<CsvRow[]> {
  const rows: CsvRow[] = []
  for await (const row of csvRows((await openText(await fileOf(bytes))).pieces)) rows.push(row)
  return rows
}
async function linesOf(text: string): Promise<NdjsonRow[]> {
  const rows: NdjsonRow[] = []
  for await (const row of ndjsonRows((await openText(await fileOf(text))).pieces)) rows.push(row)
  return rows
}

describe('CSV', () => {
  test('rows carry the line on which they begin, across quoted line breaks and blank lines', async () => {
    expect(await rowsOf('a,b\r\n"x\r\ny",1\r\n\r\n"say ""hi""","2,5"\r\n')).toEqual([
      { line: 1, fields: ['a', 'b'] }, { line: 2, fields: ['x\r\ny', '1'] }, { line: 5, fields: ['say "hi"', '2,5'] },
    ])
  })
  test('line feeds, carriage returns with line feeds and a missing last one all end a row', async () => {
    expect(await rowsOf('a,b\n1,2\r\n3,4')).toEqual([{ line: 1, fields: ['a', 'b'] }, { line: 2, fields: ['1', '2'] }, { line: 3, fields: ['3', '4'] }])
  })
  test('a byte order mark does not become part of the first name', async () => {
    expect((await rowsOf('\uFEFFa,b\n'))[0]?.fields).toEqual(['a', 'b'])
  })
  test('gzip is told by its bytes, not by its name', async () => {
    expect(await rowsOf(gzipSync('a,b\n1,2\n'))).toHaveLength(2)
  })
  test('what was written with quotes comes back as it was', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', '€') })
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), async (cells) => {
      const text = cells.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')).join('\n')
      expect((await rowsOf(text)).map((row) => row.fields)).toEqual(cells)
    }), { numRuns: 60 })
  })
})

describe('a damaged file is refused with one sentence and its line', () => {
  const refusals: readonly [what: string, bytes: string | Uint8Array, sentence: RegExp][] = [
    ['a lost column', 'a,b\n1,2\n3\n', /^Line 3: The row has 1 of 2 fields/],
    ['one column too many', 'a,b\n1,2,3\n', /^Line 2: The row has 3 fields where the header has 2/],
    ['an open quote', 'a,b\n1,2\n"3,4\n5,6\n', /^Line 3: A quote opens here and is never closed/],
    ['text after a closing quote', 'a,b\n"1"x,2\n', /^Line 2: After a closing quote/],
    ['a quote inside a field', 'a,b\n1"x,2\n', /^Line 2: There is a quote in the middle/],
    ['a gzip file that was cut off', gzipSync('a,b\n'.repeat(20_000)).subarray(0, 60), /gzip data ends too early/],
    ['a gzip file with a wrong byte', gzipSync('a,b\n1,2\n3,4\n').map((byte, index) => (index === 14 ? byte ^ 0xff : byte)), /gzip data is damaged/],
    ['another encoding', Buffer.from('a,b\n1,2\ncaf\xe9,3\n', 'latin1'), /^Line 3: The text is not UTF-8/],
    ['a character cut in half at the end', Buffer.from([0x61, 0x0a, 0xc3]), /^Line 2: The text is not UTF-8/],
  ]
  for (const [what, bytes, sentence] of refusals) {
    test(what, () => expect(rowsOf(bytes)).rejects.toThrow(sentence))
  }
  test('a missing file and a folder', async () => {
    await expect(openText(join(folder, 'none'))).rejects.toThrow(/there is no such file/)
    await expect(openText(folder)).rejects.toThrow(/is not a file/)
  })
  test('an open quote in a large file stops at the limit of a row instead of reading everything', async () => {
    await expect(rowsOf(`a,b\n"${'x,y\n'.repeat(400_000)}`)).rejects.toThrow(/^Line 2: The row is too long/)
  })
})

describe('NDJSON', () => {
  test('a line that is no object is a fault of its own and harms no other', async () => {
    expect(await linesOf('{"a":1}\n\nnope\n[1]\r\n{"a":2}')).toEqual([
      { line: 1, text: '{"a":1}', value: { a: 1 } },
      { line: 3, text: 'nope', fault: 'The line is not valid JSON.' },
      { line: 4, text: '[1]', fault: 'The line is not a JSON object.' },
      { line: 5, text: '{"a":2}', value: { a: 2 } },
    ])
  })
})
