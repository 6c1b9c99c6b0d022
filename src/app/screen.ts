// What `npm start` says while it works and when it is done. Talk goes to stderr; the last screen to stdout.
import { relative } from 'node:path'

export interface Steps {
  /** A step begins; the one before is done. */
  next(step: string): void
  end(): void
  /** The step that runs did not succeed. */
  fail(): void
}

/** One line per step with its time: rewritten in place on a terminal, plain lines elsewhere. */
export function showSteps(out: NodeJS.WriteStream): Steps {
  let current: { step: string; sinceMs: number } | null = null
  const finish = (mark: '✓' | '✗'): void => {
    if (current === null) return
    const seconds = ((Date.now() - current.sinceMs) / 1000).toFixed(1)
    out.write(out.isTTY ? `\r\u001B[2K  ${mark} ${current.step} ${seconds} s\n` : `  ${mark} ${current.step} ${seconds} s\n`)
    current = null
  }
  return {
    next: (step) => {
      finish('✓')
      current = { step, sinceMs: Date.now() }
      if (out.isTTY) out.write(`  … ${step}`)
    },
    end: () => finish('✓'),
    fail: () => finish('✗'),
  }
}

export interface Ready {
  readonly url: string
  readonly dataDir: string
  readonly demoFile: string | null
  readonly exampleKey: string | null
  /** Somebody who can sign in without a password; null without the demo's providers. */
  readonly signInAs: string | null
  readonly isEmbedded: boolean
}

/** The closing screen: what a newcomer needs next, each line usable as it stands. */
export function readyScreen({ url, dataDir, demoFile, exampleKey, signInAs, isEmbedded }: Ready): string {
  const here = (path: string): string => {
    const short = relative(process.cwd(), path)
    return short.startsWith('..') ? path : `./${short}`
  }
  const lines = ['', `  Blue Ship Sync is running at ${url}`, '', ...(signInAs === null ? [] : [`  Sign in         ${url}/sign-in   as ${signInAs}, wanda.wu@globex.example, …`]), `  API reference   ${url}/docs`, `  OpenAPI 3.1     ${url}/openapi.json`]
  if (exampleKey !== null) lines.push('  Try it          ' + `curl -s -H 'Authorization: Bearer ${exampleKey}' '${url}/api/v1/orders?limit=2'`)
  if (demoFile !== null) lines.push(`  Demo keys       ${here(demoFile)}`)
  else lines.push('  First key       npm run staff -- key provisioning   (in a second terminal, with the same settings)')
  if (isEmbedded) lines.push(`  Data folder     ${here(dataDir)}`)
  lines.push('  Stop            Ctrl-C')
  if (isEmbedded) lines.push(`  Start afresh    rm -r ${here(dataDir)}   (while it is stopped)`)
  return `${lines.join('\n')}\n\n`
}
