// A wire to PostgreSQL that can be cut at any statement: between the service and the database, so that neither knows beforehand.
import { connect, createServer, type Socket } from 'node:net'

export interface Cut {
  /** The database's address by way of this wire. */
  readonly urlOf: (url: string) => string
  /**
   * Cuts the connection at the nth Sync from now, on whichever connection it comes: `before` the server has it, or `after`, when the server
   * does it and nobody hears the answer.
   */
  readonly arm: (nth: number, moment: 'before' | 'after') => void
  /** Disarms it; true when it was cut. */
  readonly disarm: () => boolean
  readonly close: () => Promise<void>
}

const SYNC = 0x53

/** Counts the Syncs in a client's bytes; messages may come in pieces. */
function syncCounter(): (chunk: Buffer) => number {
  let rest = Buffer.alloc(0)
  let hasStarted = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    let count = 0
    for (;;) {
      // The first message has no type: its length comes first.
      const head = hasStarted ? 1 : 0
      if (rest.length < head + 4) return count
      const end = head + rest.readUInt32BE(head)
      if (rest.length < end) return count
      if (hasStarted && rest[0] === SYNC) count += 1
      hasStarted = true
      rest = rest.subarray(end)
    }
  }
}

export async function openCut(target: URL): Promise<Cut> {
  let left = 0
  let moment: 'before' | 'after' = 'before'
  let wasCut = false
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) })
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    const count = syncCounter()
    client.on('data', (chunk) => {
      const bytes = Buffer.from(chunk)
      const syncs = count(bytes)
      if (left > 0 && syncs > 0) {
        left -= syncs
        if (left <= 0) {
          left = 0
          wasCut = true
          if (moment === 'before') return end()
          // The server gets it whole; the client hears nothing more.
          client.destroy()
          upstream.end(bytes)
          return
        }
      }
      upstream.write(bytes)
    })
    upstream.on('data', (chunk) => client.write(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    urlOf: (url) => {
      const changed = new URL(url)
      changed.hostname = '127.0.0.1'
      changed.port = String(port)
      return changed.href
    },
    arm: (nth, when) => {
      left = nth
      moment = when
      wasCut = false
    },
    disarm: () => {
      left = 0
      return wasCut
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
