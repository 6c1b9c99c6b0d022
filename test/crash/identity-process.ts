// The service with its worker at a port that stays the same, so that providers find it again after it was killed. Told what to do on stdin,
// says its address on stdout.
import Type from 'typebox'
import { Value } from 'typebox/value'
import { startService } from '../../src/app/service.ts'
import { silentLog } from '../../src/platform/log/log.ts'
import { LOCAL } from '../setup/sign-in.ts'

const Orders = Type.Object({ primaryUrl: Type.String(), replicaUrls: Type.Array(Type.String()), secret: Type.String(), port: Type.Integer() })

let text = ''
const input: AsyncIterable<unknown, unknown, unknown> = process.stdin.setEncoding('utf8')
for await (const chunk of input) {
  text += String(chunk)
  if (text.includes('\n')) break
}
const { secret, port, ...addresses } = Value.Parse(Orders, JSON.parse(text))
const wide = { perSecond: 100_000, burst: 100_000 }
const service = await startService({
  ...addresses, secret: Buffer.from(secret), log: silentLog, withWorker: true, outbound: LOCAL, allowsLocalProviders: true, http: { port, publicRequests: wide, failures: wide },
})
process.stdout.write(`${JSON.stringify({ url: service.url ?? '' })}\n`)
process.on('SIGTERM', () => void service.stop().then(() => process.exit(0)))
