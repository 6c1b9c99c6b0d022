// A real receiver of audit streams: keeps what it was sent, and answers at each path as it is told.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import Type from 'typebox'
import { Compile } from 'typebox/compile'

const Batch = Compile(Type.Array(Type.Object({
  specversion: Type.Literal('1.0'), id: Type.String(), source: Type.String(), type: Type.String(), subject: Type.String(), time: Type.String(), datacontenttype: Type.String(),
  data: Type.Object({
    position: Type.Integer(), hash: Type.String(), actor: Type.Object({ kind: Type.String(), id: Type.String(), name: Type.String() }), operation: Type.String(), requestId: Type.String(),
    isErased: Type.Boolean(), changes: Type.Array(Type.Unknown()),
    proof: Type.Object({ what: Type.String(), personal: Type.Union([Type.String(), Type.Null()]), salt: Type.Union([Type.String(), Type.Null()]), personalDigest: Type.String() }),
  }),
})))

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
/** A real receiver; what it answers at a path can be changed while it runs. */
export class Receiver {
  readonly received: Received[] = []
  readonly answers = new Map<string, (response: ServerResponse) => void>()
  readonly #server: Server
  #port = 0
  constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const path = request.url ?? ''
        this.received.push({ path, headers: request.headers, body: Buffer.concat(pieces).toString('utf8') })
        const answer = this.answers.get(path)
        if (answer === undefined) response.writeHead(204).end()
        else answer(response)
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
  at(path: string): readonly Received[] {
    return this.received.filter((each) => each.path === path)
  }
  events(path: string) {
    return this.at(path).flatMap(({ body }) => {
      const value: unknown = JSON.parse(body)
      if (!Batch.Check(value)) throw new Error(`No batch of CloudEvents: ${body.slice(0, 200)}`)
      return value
    })
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
