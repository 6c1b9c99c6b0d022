// A carrier behind HTTP: books each Idempotency-Key once, and answers at each path as it is told.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'

export interface Asked {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export class CarrierServer {
  readonly asked: Asked[] = []
  /** What was booked, by idempotency key. */
  readonly booked = new Map<string, string>()
  /** How the next requests at a path are answered; when there are no more, the carrier does what it is for. */
  readonly answers = new Map<string, ((response: ServerResponse, done: () => string) => void)[]>()
  /** Tracking events by what the shipment's tracking number is. */
  events: readonly object[] = []
  readonly #server: Server
  #port = 0
  constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const path = request.url ?? ''
        this.asked.push({ path, headers: request.headers, body: Buffer.concat(pieces).toString('utf8') })
        const key = String(request.headers['idempotency-key'])
        const done = () => this.#does(path.split('/').at(-1) ?? '', key)
        const planned = this.answers.get(path)?.shift()
        if (planned === undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(done())
        else planned(response, done)
      })
    })
  }
  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
  }
  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`
  }
  at(path: string): readonly Asked[] {
    return this.asked.filter((each) => each.path === path)
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
  #does(what: string, key: string): string {
    if (what === 'rates') return JSON.stringify({ rates: [{ service: 'STD', amount: '7.95', currency: 'EUR', transitDays: 2 }] })
    if (what === 'track') return JSON.stringify({ events: this.events })
    if (what !== 'book') return '{}'
    if (!this.booked.has(key)) this.booked.set(key, `TRACK-${this.booked.size + 1}`)
    return JSON.stringify({ trackingNumber: this.booked.get(key) })
  }
}
