// `npm start`: database, roles, migrations, demo, API and worker in one process, with one sentence for whatever goes wrong.
import { createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { ConfigError, readConfig, SETTINGS, type Config } from '../platform/config/config.ts'
import { loadSecret } from '../platform/config/secret.ts'
import { UnfitDatabase } from '../platform/db/fitness.ts'
import { hasSealed } from '../platform/db/known-secret.ts'
import { migrate } from '../platform/db/migrate.ts'
import { ClusterError, startCluster, type Cluster } from '../platform/embedded/index.ts'
import { createLog } from '../platform/log/log.ts'
import { prepareDemo, readDemo } from './demo.ts'
import { LOCAL_WAYS, openDemoSignIn, type DemoSignIn } from './demo-sign-in.ts'
import { readyScreen, showSteps, type Steps } from './screen.ts'
import { startService, type Service } from './service.ts'

const HELP = `Starts Blue Ship Sync: database, API and worker.

  npm start                 with the embedded PostgreSQL (primary and replica)
  npm start -- --help       this page

Settings (environment):
${SETTINGS.map(([name, meaning]) => `  ${name.padEnd(22)} ${meaning}`).join('\n')}
`

interface Running {
  signIn: DemoSignIn | null
  service: Service | null
  cluster: Cluster | null
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, dev: { type: 'boolean' } }, allowPositionals: false })
  if (values.help) return void process.stdout.write(HELP)
  const config = readConfig(process.env)
  await requireFreePorts(config)
  const steps = showSteps(process.stderr)
  const running: Running = { service: null, cluster: null, signIn: null }
  stopOnSignal(running)
  try {
    await start(config, steps, running)
  } catch (error) {
    steps.fail()
    await stop(running)
    throw error
  }
}

async function start(config: Config, steps: Steps, running: Running): Promise<void> {
  if (config.databaseUrl === null) {
    running.cluster = await startCluster({ dataDir: config.dataDir, replica: true, onProgress: (step) => steps.next(step) })
  }
  const primaryUrl = running.cluster?.primaryUrl ?? config.databaseUrl ?? ''
  const replicaUrls = running.cluster?.replicaUrls ?? config.replicaUrls
  // After the cluster, which makes the data folder and knows whether it is ours.
  const secret = await loadSecret(config.secret, config.dataDir, () => hasSealed(primaryUrl))
  steps.next('database up to date')
  await migrate({ url: primaryUrl, secret })
  steps.next('API and worker')
  const log = createLog(config.logLevel)
  if (config.isDemo) running.signIn = await openDemoSignIn(config.dataDir, config.port === 0 ? 0 : config.port + 1)
  running.service = await startService({
    primaryUrl, replicaUrls, secret, log, withWorker: true,
    ...(running.signIn === null ? { outbound: { allowedNetworks: config.outboundNetworks } } : { outbound: LOCAL_WAYS, allowsLocalProviders: true, resolveTxt: running.signIn.resolveTxt }),
    http: { host: config.host, port: config.port, publicUrl: config.publicUrl, trustedProxies: config.trustedProxies },
  })
  const url = running.service.url ?? ''
  const demo = config.isDemo ? await prepareDemo({ url, dataDir: config.dataDir, primaryUrl, secret, onProgress: (step) => steps.next(step) }) : readDemo(config.dataDir)
  if (demo !== null) await running.signIn?.prepare(url, demo.organizations, (step) => steps.next(step))
  steps.end()
  process.stdout.write(readyScreen({
    url, dataDir: config.dataDir, isEmbedded: running.cluster !== null,
    demoFile: demo?.file ?? null, exampleKey: demo?.organizations[0]?.keys['planner'] ?? null, signInAs: running.signIn === null ? null : 'paul.park@acme.example',
  }))
}

const LOOPBACK = '127.0.0.1'
/** Past the ports of another instance: the API's and that of the demo's sign-in beside it. */
const OTHER_PORT = 10

/** Looked at before the database starts, so that a taken port costs a second and not ten. */
async function requireFreePorts({ host, port, isDemo }: Config): Promise<void> {
  if (port === 0) return
  await requireFreePort(host, port, (free) => `choose another port: BSS_PORT=${free} npm start`)
  if (isDemo) await requireFreePort(LOOPBACK, port + 1, (free) => `choose other ports, the API's and the next for the demo's sign-in: BSS_PORT=${free} npm start`)
}
function requireFreePort(host: string, port: number, advice: (free: number) => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(portError(error, host, port, advice)))
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
function portError(error: Error, host: string, port: number, advice: (free: number) => string): Error {
  const code = 'code' in error ? error.code : ''
  if (code === 'EADDRINUSE') return new ConfigError(`Port ${port} on ${host} is in use. Stop the other program, or ${advice(port + OTHER_PORT)}`)
  if (code === 'EACCES') return new ConfigError(`Port ${port} may not be used by this user. Choose one above 1023: BSS_PORT=8080 npm start`)
  if (code === 'EADDRNOTAVAIL') return new ConfigError(`This machine has no address ${host}. Set BSS_HOST to one it has, such as 127.0.0.1.`)
  return error
}

async function stop(running: Running): Promise<void> {
  await running.service?.stop().catch(() => undefined) // Whatever the service could not end, the servers below must still be stopped.
  await running.signIn?.stop().catch(() => undefined)
  await running.cluster?.stop()
  running.service = null
  running.cluster = null
  running.signIn = null
}

function stopOnSignal(running: Running): void {
  let isStopping = false
  const onSignal = (): void => {
    if (isStopping) return
    isStopping = true
    process.stderr.write('\n  Stopping …\n')
    stop(running).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`  ${error instanceof Error ? error.message : String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGHUP', onSignal)
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof ClusterError || error instanceof UnfitDatabase || (error instanceof TypeError && 'code' in error)
  process.stderr.write(`\n  ${error instanceof Error ? error.message : String(error)}\n`)
  if (!isExpected && error instanceof Error) process.stderr.write(`\n${error.stack ?? ''}\n${error.cause instanceof Error ? `Cause: ${error.cause.stack ?? error.cause.message}\n` : ''}`)
  process.exit(1)
})
