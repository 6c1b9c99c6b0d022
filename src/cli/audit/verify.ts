// `bss audit verify FILE`: checks an exported trail without a server, byte by byte.
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { faultOf, genesisOf } from '../../platform/crypto/audit-chain.ts'
import { CliError, EXIT, usageError } from '../exit.ts'
import { textOf } from '../flags.ts'
import type { HandMadeCommand } from '../run.ts'
import { stopIfAsked, type World } from '../world.ts'
import { readEntry, readHeader, type Header } from './file.ts'

export const auditVerify: HandMadeCommand = {
  noun: 'audit',
  word: 'verify',
  usage: 'audit verify FILE [--head POSITION:HASH]',
  summary: 'check an exported trail, without a server',
  options: [['--head POSITION:HASH', 'where the chain is known to go through or to end, as an export or `bss audit head` has said it: finds a tail that was cut off']],
  notes: ['Names the first entry that is not what was written: a byte that was changed, an entry removed, added or in another place.', 'Names and values that were erased, or not exported, do not hinder it.'],
  examples: [{ line: 'audit verify audit.ndjson', says: 'Is every byte as it was written' }, { line: `audit verify audit.ndjson --head 2:${'ab'.repeat(32)}`, says: 'And is nothing missing at the end' }],
  parse: { head: { type: 'string' } },
  run: async (world, positionals, typed) => {
    const [file, extra] = positionals
    if (file === undefined) throw usageError('FILE is missing: an export of `bss audit export`.')
    if (extra !== undefined) throw usageError(`"${extra}" is one word too many.`)
    const found = await verify(world, resolve(world.folder, file), headOf(textOf(typed, 'head')))
    const isJson = typed['json'] === true
    world.out.write(isJson ? `${JSON.stringify(found)}\n` : `${found.entries} entries verified${found.withoutPersonal === 0 ? '' : `, ${found.withoutPersonal} of them without names and values`}. The chain ends at ${found.position}:${found.hash}\n`)
    return EXIT.ok
  },
}

interface Head {
  readonly position: number
  readonly hash: string
}
interface Verified extends Head {
  readonly entries: number
  readonly withoutPersonal: number
}

function headOf(text: string | undefined): Head | null {
  if (text === undefined) return null
  const [, position = '', hash = ''] = /^([0-9]{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (hash === '') throw usageError(`--head is "${text}". Write it as POSITION:HASH, the way the export said it.`)
  return { position: Number(position), hash }
}

const bad = (sentence: string): CliError => new CliError(EXIT.failed, `Not intact: ${sentence}`)

/** Reads the file to its end; throws at the first line that does not hold. */
async function verify(world: World, file: string, head: Head | null): Promise<Verified> {
  let header: Header | null = null
  let at: Head = { position: 0, hash: '' }
  let entries = 0
  let withoutPersonal = 0
  let isHeadSeen = false
  for await (const line of linesOf(file)) {
    stopIfAsked(world)
    if (header === null) {
      header = beginning(line)
      at = { position: header.afterPosition, hash: header.previousHash }
    } else {
      const entry = readEntry(line)
      const position = at.position + 1
      if (entry === null) throw bad(`position ${position}, entry ${idIn(line)}: the line is not an entry as it is exported.`)
      if (entry.position !== position) throw bad(`position ${position}, entry ${entry.id}: the line says position ${entry.position}; an entry was removed, added or moved.`)
      const fault = faultOf(at.hash, entry)
      if (fault !== null) throw bad(`position ${position}, entry ${entry.id}: ${fault}.`)
      at = { position, hash: entry.hash }
      entries += 1
      if (entry.personal === null) withoutPersonal += 1
    }
    if (head?.position === at.position) {
      if (head.hash !== at.hash) throw bad(`position ${at.position} has another hash than --head says: it is another chain, or was written anew.`)
      isHeadSeen = true
    }
  }
  if (header === null) throw bad('the file is empty.')
  if (head !== null && !isHeadSeen) throw bad(head.position > at.position ? `the chain is cut off at position ${at.position}; it went on to ${head.position} at least.` : `the file begins behind position ${head.position} of --head.`)
  return { ...at, entries, withoutPersonal }
}

function beginning(line: string): Header {
  const header = readHeader(line)
  if (header === null) throw bad('the first line is not that of an export.')
  if (header.afterPosition === 0 && header.previousHash !== genesisOf(header.organizationId)) throw bad('the chain does not begin with its organization.')
  return header
}

const idIn = (line: string): string => /"id":"([0-9a-f-]{36})"/.exec(line)?.[1] ?? 'unknown'

async function* linesOf(file: string): AsyncGenerator<string, void, void> {
  // Strict, so that no byte of a broken character passes for another one.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest: Uint8Array = new Uint8Array(0)
  let number = 0
  try {
    const pieces: AsyncIterable<Uint8Array, unknown, unknown> = createReadStream(file)
    for await (const piece of pieces) {
      let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      // A line ends with \n and nothing else: a carriage return is a changed byte like any other.
      for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a)) {
        number += 1
        yield textOfLine(decoder, bytes.subarray(0, end), number)
        bytes = bytes.subarray(end + 1)
      }
      rest = bytes
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    throw new CliError(EXIT.failed, `${file} cannot be read.`, null, error)
  }
  if (rest.length > 0) throw bad(`the last line, line ${number + 1}, is not whole; the file was cut off.`)
}

function textOfLine(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, number: number): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw bad(`line ${number}, entry ${idIn(Buffer.from(bytes).toString('latin1'))}: it holds bytes that are no text.`)
  }
}
