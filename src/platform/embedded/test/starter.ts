import { ClusterError, startCluster } from '../index.ts'

// A process of its own for the tests that need somebody else to start a cluster, and to be killed.
const [, , dataDir = '', replica = 'false'] = process.argv
try {
  await startCluster({ dataDir, replica: replica === 'true', temporary: true, settings: { shared_buffers: '32MB' } })
  process.on('SIGTERM', () => process.exit(0))
  process.stdout.write('up\n')
  setInterval(() => undefined, 1000)
} catch (error) {
  process.stdout.write(error instanceof ClusterError ? `${error.failure}: ${error.message}\n` : `${String(error)}\n`)
}
