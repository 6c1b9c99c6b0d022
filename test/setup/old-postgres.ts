// A server of an older version, as far as a client can tell: it lets everybody in and answers every question with one row. Only
// the world outside may be faked, and an old PostgreSQL is not in our packages.
import { createServer, type Server, type Socket } from 'node:net'

const text = (value: string): Buffer => Buffer.from(`${value}\0`)
const int16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2)
  buffer.writeInt16BE(value)
  return buffer
}
const int32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}
function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

const OID_OF_TEXT = 25
const READY = message('Z', Buffer.from('I'))
const column = (name: string): Buffer => Buffer.concat([text(name), int32(0), int16(0), int32(OID_OF_TEXT), int16(-1), int32(-1), int16(0)])

function serve(socket: Socket, row: readonly string[]): void {
  const replies: Readonly<Record<string, readonly Buffer[]>> = {
    P: [message('1')],
    D: [message('t', int16(0)), message('T', int16(row.length), ...row.map((_, index) => column(`column${index}`)))],
    B: [message('2')],
    E: [message('D', int16(row.length), ...row.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)])), message('C', text('SELECT 1'))],
    S: [READY],
  }
  let waiting = Buffer.alloc(0)
  let isGreeted = false
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    if (!isGreeted && waiting.length >= 4 && waiting.length >= waiting.readInt32BE(0)) {
      waiting = waiting.subarray(waiting.readInt32BE(0))
      isGreeted = true
      socket.write(Buffer.concat([message('R', int32(0)), message('S', text('server_version'), text(row[1] ?? '')), message('K', int32(1), int32(1)), READY]))
    }
    while (isGreeted && waiting.length >= 5 && waiting.length >= waiting.readInt32BE(1) + 1) {
      const type = waiting.toString('latin1', 0, 1)
      waiting = waiting.subarray(waiting.readInt32BE(1) + 1)
      if (type === 'X') return void socket.end()
      for (const reply of replies[type] ?? []) socket.write(reply)
    }
  })
}

/** Listens on a free port; `row` is what it says to whatever is asked. */
export async function startOldPostgres(row: readonly string[]): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((socket) => serve(socket, row))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { url: `postgres://admin@127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/operations`, server }
}
