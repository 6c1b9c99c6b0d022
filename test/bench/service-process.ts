// The service under test in a process of its own, so that its CPU and its memory are its own too. Told what to do on stdin, says its address
// on stdout, ends when stdin ends.
import Type from 'typebox'
import { Value } from 'typebox/value'
import { startService } from '../../src/app/service.ts'
import { silentLog } from '../../src/platform/log/log.ts'

export const ServiceOrders = Type.Object({ primaryUrl: Type.String(), replicaUrls: Type.Array(Type.String()), secret: Type.String(), withWorker: Type.Boolean() })

let text = ''
const input: AsyncIterable<unknown, unknown, unknown> = process.stdin.setEncoding('utf8')
for await (const chunk of input) {
  text += String(chunk)
  if (text.includes('\n')) break
}
const orders = Value.Parse(ServiceOrders, JSON.parse(text))
const service = await startService({
  primaryUrl: orders.primaryUrl,
  replicaUrls: orders.replicaUrls,
  secret: Buffer.from(orders.secret),
  log: silentLog,
  http: { port: 0 },
  withWorker: orders.withWorker,
})
process.stdout.write(`${JSON.stringify({ url: service.url ?? '' })}\n`)
process.on('SIGTERM', () => void service.stop().then(() => process.exit(0)))
