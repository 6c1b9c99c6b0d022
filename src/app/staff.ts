// `npm run staff -- enrol ada`: prints the link by which a person of the platform registers a passkey, or a key of the platform. Beside a running service, with the
// same settings. It is not in the API on purpose: one key could make two people, and two people can break the glass.
import { createOperatorKey, createStaffLink, deactivateStaff, revokeOperatorKey } from '../domains/identity/index.ts'
import { Problem } from '../kernel/problem.ts'
import { ConfigError, readConfig, type Config } from '../platform/config/config.ts'
import { loadSecret } from '../platform/config/secret.ts'
import { openDatabase, type Database } from '../platform/db/database.ts'
import { ClusterError } from '../platform/embedded/index.ts'
import { runningPrimaryUrl } from '../platform/embedded/running.ts'

const HELP = `People of the platform: they sign in by passkeys at /platform/sign-in.

  npm run staff -- enrol ada         prints a link for a first passkey, or another one: works once, within 24 hours
  npm run staff -- deactivate ada    ends all their sessions, in organizations too; the name is never given again

Keys of the platform, for programs and for the first organization (\`bss organizations create\`):

  npm run staff -- key provisioning      prints a Global Admin key once; it works for 90 days
  npm run staff -- revoke provisioning   ends it
`

type Act = (database: Database, name: string, config: Config) => Promise<string>
const ACTS: Readonly<Record<string, Act>> = {
  enrol: async (database, name, config) => {
    const { url, expiresAt } = await createStaffLink(database, config.publicUrl ?? `http://${config.host}:${config.port}`, name)
    return `${url}\n\nWorks once, until ${expiresAt}. Give it to ${name} and to nobody else.`
  },
  deactivate: async (database, name) => {
    await deactivateStaff(database, name)
    return `${name} is out.`
  },
  key: async (database, name) => {
    const { secret, expiresAt } = await createOperatorKey(database, { name })
    return `${secret}\n\nA Global Admin key, shown this once, until ${expiresAt}.`
  },
  revoke: async (database, name) => {
    await revokeOperatorKey(database, name)
    return `The key ${name} is revoked.`
  },
}

async function main(): Promise<void> {
  const [what, name] = process.argv.slice(2)
  const act = ACTS[what ?? '']
  if (name === undefined || act === undefined) return void process.stdout.write(HELP)
  const config = readConfig(process.env)
  const primaryUrl = config.databaseUrl ?? runningPrimaryUrl(config.dataDir)
  const database = openDatabase({ primaryUrl, replicaUrls: [], secret: await loadSecret(config.secret, config.dataDir, () => Promise.resolve(true)), role: 'bss_app', poolSize: 1 })
  try {
    process.stdout.write(`${await act(database, name, config)}\n`)
  } finally {
    await database.close()
  }
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof ClusterError || error instanceof Problem
  const isAway = error instanceof Error && error.name === 'CannotConnect'
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error)
  process.stderr.write(`${isAway ? 'No database answers. Is the service running, and are BSS_DATA or DATABASE_URL those of the service?' : text}\n`)
  process.exit(1)
})
