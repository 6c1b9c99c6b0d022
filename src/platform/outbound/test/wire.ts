// A server that says exactly the bytes a test gives it, and remembers what it was asked.
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts'

export interface Wire {
  readonly port: number
  readonly requests: string[]
  readonly close: () => Promise<void>
}

/** `answer` gets the socket when the head of a request has arrived. */
export async function openWire(answer: (socket: Socket) => void, isTls = false): Promise<Wire> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const greet = (socket: Socket): void => {
    sockets.add(socket)
    let head = ''
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      const isNew = !head.includes('\r\n\r\n')
      head += bytes.toString('latin1')
      if (isNew && head.includes('\r\n\r\n')) {
        requests.push(head)
        answer(socket)
      }
    })
  }
  const server: Server = isTls ? createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, greet) : createServer(greet)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    requests,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
