import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ClusterError } from './cluster-error.ts'
import { homeAt, readSecrets, recall } from './home.ts'
import { DATABASE, PLATFORM_ROLE } from './initialize.ts'

/** Where the primary of a data folder listens while `npm start` runs: for commands beside it. Starts and changes nothing. */
export function runningPrimaryUrl(dataDir: string): string {
  const home = homeAt(dataDir)
  const port = existsSync(join(dataDir, 'cluster.json')) ? recall(home).primaryPort : null
  if (port === null) throw new ClusterError('did-not-start', `There is no database in ${dataDir} yet: run npm start first, and this beside it.`)
  return `postgresql://${PLATFORM_ROLE}:${readSecrets(home).platform}@127.0.0.1:${port}/${DATABASE}`
}
