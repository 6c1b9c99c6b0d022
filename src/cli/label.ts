// `bss shipments label NUMBER`: the labels of its packages, for a printer or a reader.
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { shipmentsApi } from '../domains/shipments/contract.ts'
import { plainCall } from '../kernel/client.ts'
import { isRecord } from '../kernel/json.ts'
import { connect } from './connection.ts'
import { CliError, EXIT, usageError } from './exit.ts'
import { textOf } from './flags.ts'
import { withIds } from './names.ts'
import { connectionOptionsOf } from './operate.ts'
import type { HandMadeCommand } from './run.ts'

const KINDS: Readonly<Record<string, string>> = { zpl: 'label-zpl', pdf: 'label-pdf', 'packing-list': 'packing-list', 'bill-of-lading': 'bill-of-lading' }

export const shipmentLabel: HandMadeCommand = {
  noun: 'shipments',
  word: 'label',
  usage: 'shipments label SHIPMENT-ID [--format FORMAT] [--out FILE]',
  summary: 'the labels of its packages, its packing list or its bill of lading',
  options: [['--format FORMAT', 'zpl (for label printers; the default), pdf, packing-list, bill-of-lading; the last two are PDF'], ['--out FILE', 'where it is written; ZPL goes to standard output without it']],
  notes: ['A file of that name is replaced.'],
  examples: [{ line: 'shipments label SH-000001 --format pdf --out label.pdf', says: 'To look at or to print' }, { line: 'shipments label SH-000001', says: 'ZPL, for a pipe to the label printer' }],
  parse: { format: { type: 'string' }, out: { type: 'string' } },
  run: async (world, positionals, typed) => {
    const [shipmentId, extra] = positionals
    if (shipmentId === undefined) throw usageError('SHIPMENT-ID is missing: the number of a shipment, or its id.')
    if (extra !== undefined) throw usageError(`"${extra}" is one word too many.`)
    const format = textOf(typed, 'format') ?? 'zpl'
    const kind = Object.hasOwn(KINDS, format) ? KINDS[format] : undefined
    if (kind === undefined) throw usageError(`--format is "${format}". It must be one of ${Object.keys(KINDS).join(', ')}.`)
    const out = textOf(typed, 'out')
    if (out === undefined && format !== 'zpl') throw usageError('--out is missing: a PDF is no text, so name the file it goes to.')
    const { sender } = await connect(world, connectionOptionsOf(typed), false)
    const paper = await plainCall('getPaper', shipmentsApi.getPaper, await withIds({ params: { shipmentId, kind } }, sender), sender)
    const bytes = Buffer.from(isRecord(paper) && typeof paper['base64'] === 'string' ? paper['base64'] : '', 'base64')
    if (out === undefined) {
      world.out.write(bytes.toString('utf8'))
      return EXIT.ok
    }
    const path = resolve(world.folder, out)
    await writeFile(path, bytes).catch((error: unknown) => {
      throw new CliError(EXIT.failed, `${path} cannot be written.`, error instanceof Error ? error.message : undefined, error)
    })
    world.talk.write(`${path}: ${bytes.length} bytes\n`)
    return EXIT.ok
  },
}
