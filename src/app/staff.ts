// `npm run staff -- enrol ada`: prints the link by which a person of the platform registers a passkey. Beside a running service, with the
// same settings. It is not in the API on purpose: one key could make two people, and two people can break the glass.
import { createStaffLink, deactivateStaff } from '../domains/identity/index.ts'
import { Problem } from '../kernel/problem.ts'
import { ConfigError, readConfig } from '../platform/config/config.ts'
import { loadSecret } from '../platform/config/secret.ts'
import { openDatabase } from '../platform/db/database.ts'
import { ClusterError } from '../platform/embedded/index.ts'
import { runningPrimaryUrl } from '../platform/embedded/running.ts'

const HELP = `People of the platform: they sign in by passkeys at /platform/sign-in.

  npm run staff -- enrol ada         prints a link for a first passkey, or another one: works once, within 24 hours
  npm run staff -- deactivate ada    ends all their sessions, in organizations too; the name is never given again
`

async function main(): Promise<void> {
  const [what, name] = process.argv.slice(2)
  if (name === undefined || (what !== 'enrol' && what !== 'deactivate')) return void process.stdout.write(HELP)
  const config = readConfig(process.env)
  const primaryUrl = config.databaseUrl ?? runningPrimaryUrl(config.dataDir)
  const database = openDatabase({ primaryUrl, replicaUrls: [], secret: loadSecret(config.secret, config.dataDir), role: 'bss_app', poolSize: 1 })
  try {
    if (what === 'deactivate') {
      await deactivateStaff(database, name)
      process.stdout.write(`${name} is out.\n`)
      return
    }
    const { url, expiresAt } = await createStaffLink(database, config.publicUrl ?? `http://${config.host}:${config.port}`, name)
    process.stdout.write(`${url}\n\nWorks once, until ${expiresAt}. Give it to ${name} and to nobody else.\n`)
  } finally {
    await database.close()
  }
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof ClusterError || error instanceof Problem
  process.stderr.write(`${error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error)}\n`)
  process.exit(1)
})
