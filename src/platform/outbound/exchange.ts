// One request on one fresh connection over node:http(s). No agent of the process is used: it could carry a proxy from the
// environment, or a connection that was opened to an address nobody checked.
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import { type OutboundRefusal, refused } from './codes.ts'
import type { Target } from './target.ts'

export interface OutboundRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Media types that are taken, in lower case and without parameters; absent: any. */
  readonly contentTypes?: readonly string[]
}

export interface OutboundAnswer {
  readonly ok: true
  readonly status: number
  /** In lower case, without parameters; empty when the answer names none. */
  readonly contentType: string
  readonly header: (name: string) => string | null
  readonly body: Uint8Array
}

export interface Exchange {
  readonly target: Target
  /** The checked addresses; the connection goes to one of them and nowhere else. */
  readonly addresses: readonly string[]
  readonly request: OutboundRequest
  readonly signal: AbortSignal
  readonly bytesMax: number
  /** Null: the certificates that Node trusts. */
  readonly secureContext: SecureContext | null
}

const HEADER_BYTES_MAX = 16 * 1024
const FIXED_HEADERS = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'proxy-authorization', 'upgrade'])

/** Says of every name, whatever it is, that it has the addresses that were checked. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_name, options, callback) => {
    const [first] = all
    if (first === undefined) return callback(new Error('No address was checked.'), '')
    return options.all === true ? callback(null, all) : callback(null, first.address, first.family)
  }
}

function optionsOf({ target, addresses, request, signal }: Exchange): RequestOptions {
  const given = Object.entries(request.headers ?? {}).filter(([name]) => !FIXED_HEADERS.has(name.toLowerCase()))
  const body = request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }
  return {
    method: request.method ?? 'GET',
    host: target.host,
    port: target.port,
    path: target.path,
    headers: { 'user-agent': 'BlueShipSync', ...Object.fromEntries(given), ...body, host: target.authority, 'accept-encoding': 'identity', connection: 'close' },
    lookup: pinned(addresses),
    signal,
    maxHeaderSize: HEADER_BYTES_MAX,
    insecureHTTPParser: false,
  }
}

/** Makes the request. Resolves with the whole answer or with the reason why there is none; it never rejects. */
export function exchange(order: Exchange): Promise<OutboundAnswer | OutboundRefusal> {
  const { target, secureContext } = order
  const options = optionsOf(order)
  return new Promise((resolve) => {
    const onAbort = (): void => settle(timedOut)
    const settle = (result: OutboundAnswer | OutboundRefusal): void => {
      resolve(result)
      order.signal.removeEventListener('abort', onAbort)
      outgoing?.destroy()
      agent.destroy()
    }
    // Asked for here too and not only by the request, which forgets its signal once the other side switches protocols.
    order.signal.addEventListener('abort', onAbort, { once: true })
    const agent = target.isTls ? new HttpsAgent({ keepAlive: false, maxCachedSessions: 0 }) : new HttpAgent({ keepAlive: false })
    let outgoing: ReturnType<typeof httpRequest> | undefined
    try {
      const trust = secureContext === null ? {} : { secureContext }
      // A certificate is checked whatever the environment says about it.
      const tls = { rejectUnauthorized: true, minVersion: 'TLSv1.2' as const, servername: target.isAddress ? '' : target.host, ...trust }
      outgoing = target.isTls ? httpsRequest({ ...options, ...tls, agent }) : httpRequest({ ...options, agent })
    } catch {
      return settle(refused('request_invalid', 'The request could not be formed.'))
    }
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy()
      settle(refused('response_invalid', 'The answer is not valid HTTP.'))
    })
    outgoing.on('error', (error) => settle(failureOf(error, order.signal)))
    outgoing.on('response', (response) => void answerOf(response, order).then(settle))
    outgoing.end(order.request.body)
    return undefined
  })
}

function failureOf(error: Error, signal: AbortSignal): OutboundRefusal {
  if (signal.aborted) return timedOut
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code.startsWith('HPE_')) return refused('response_invalid', 'The answer is not valid HTTP.')
  if (/^(?:CERT_|ERR_TLS|ERR_SSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return refused('tls_failed', 'The certificate of the address is not trusted, or TLS failed.')
  return refused('connection_failed', 'The address could not be reached.')
}

export const timedOut: OutboundRefusal = refused('timeout', 'The address did not answer completely in time.')

/** The head of the answer decides before any of its body is kept. */
function headRefusal(response: IncomingMessage, { request, bytesMax }: Exchange): OutboundRefusal | null {
  const status = response.statusCode ?? 0
  if (status >= 300 && status <= 399) return refused('redirect_refused', 'The address answered with a redirect; name the place it leads to.')
  if (status < 200 || status > 599) return refused('response_invalid', 'The answer is not valid HTTP.')
  // Nothing is unpacked, so nothing can grow.
  if ((response.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') return refused('encoding_refused', 'The answer is compressed, which was not asked for.')
  const types = response.headersDistinct['content-type'] ?? []
  if (request.contentTypes !== undefined && (types.length !== 1 || !request.contentTypes.includes(essence(types[0])))) {
    return refused('content_type_refused', `The answer is not of the type ${request.contentTypes.join(' or ')}.`)
  }
  return Number(response.headers['content-length'] ?? 0) > bytesMax ? tooLarge(bytesMax) : null
}

const essence = (type: string | undefined): string => (type ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
const tooLarge = (bytesMax: number): OutboundRefusal => refused('too_large', `The answer is longer than ${bytesMax} bytes.`)

async function answerOf(response: IncomingMessage, order: Exchange): Promise<OutboundAnswer | OutboundRefusal> {
  const wrong = headRefusal(response, order)
  if (wrong !== null) return wrong
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    // Without an encoding set, a response of Node is made of bytes.
    for await (const chunk of response as AsyncIterable<Uint8Array, unknown, unknown>) {
      length += chunk.byteLength
      if (length > order.bytesMax) return tooLarge(order.bytesMax)
      chunks.push(chunk)
    }
  } catch {
    return order.signal.aborted ? timedOut : refused('body_incomplete', 'The answer broke off.')
  }
  if (!response.complete) return refused('body_incomplete', 'The answer broke off.')
  const header = (name: string): string | null => {
    const value = response.headers[name.toLowerCase()]
    return value === undefined ? null : String(value)
  }
  return { ok: true, status: response.statusCode ?? 0, contentType: essence(response.headers['content-type']), header, body: Buffer.concat(chunks) }
}
