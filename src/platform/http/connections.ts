// Bounds on sockets, which hold before there is a request: how many, how many of one address, and what happens to broken HTTP.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { newId } from '../../kernel/ids.ts'
import type { HttpConfig } from './config.ts'
import { API_HEADERS } from './headers.ts'

/** Bounds the connections of a server. The set holds the open ones. */
export function guardConnections(server: Server, config: HttpConfig): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.maxConnections = config.connectionsMax
  const perAddress = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // Behind a trusted proxy all connections have one address; the proxy bounds them itself.
    if (config.trustedProxies.includes(address)) return
    const count = (perAddress.get(address) ?? 0) + 1
    if (count > config.connectionsPerAddressMax) {
      socket.destroy()
      return
    }
    perAddress.set(address, count)
    socket.once('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
  })
  server.removeAllListeners('clientError')
  server.on('clientError', (error: Error & { readonly code?: string }, socket: Socket) => answerBrokenHttp(error.code ?? '', socket))
  return sockets
}

/** Answers what never became a request. There is no route and no caller, only a socket. */
function answerBrokenHttp(code: string, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const [status, problemCode, title, detail] =
    code === 'HPE_HEADER_OVERFLOW' ? ([431, 'too_large', 'Too large', 'The headers or the address of the request are too long.'] as const)
    : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? ([408, 'timeout', 'The request took too long to arrive', 'The request did not arrive in time.'] as const)
    : ([400, 'bad_request', 'The request is not valid', 'This is not valid HTTP.'] as const)
  const requestId = newId()
  const body = JSON.stringify({ type: `/docs#problem-${problemCode}`, title, status, detail, code: problemCode, requestId })
  const headers = { ...API_HEADERS, 'request-id': requestId, 'content-type': 'application/problem+json', 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${head}\r\n${body}`)
  // A client that ignores the answer does not keep the socket.
  setTimeout(() => socket.destroy(), 500).unref()
}
