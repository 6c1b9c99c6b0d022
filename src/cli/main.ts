// The `bss` command at a real terminal: streams, signals and the exit code. Everything else is in run.ts.
import { PROGRAM } from './program.ts'
import { run } from './run.ts'
import type { Paper } from './world.ts'

const controller = new AbortController()
let interrupts = 0
let isUnread = false
process.on('SIGINT', () => {
  interrupts += 1
  if (interrupts > 1) process.exit(130) // The second Ctrl-C means now.
  controller.abort()
})
process.on('SIGTERM', () => controller.abort())

/** `bss orders list --all | head` closes the pipe: that is no failure, there is just nobody left to tell. */
function paperOf(stream: NodeJS.WriteStream): Paper {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    isUnread = true
    controller.abort()
  })
  return {
    write: (text) => {
      if (!stream.destroyed) stream.write(text)
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.isTTY ? stream.columns : 80
    },
  }
}

const code = await run(
  PROGRAM,
  { env: process.env, folder: process.cwd(), out: paperOf(process.stdout), talk: paperOf(process.stderr), signal: controller.signal, isUnread: () => isUnread, nowMs: () => performance.now() },
  process.argv.slice(2),
)
process.exitCode = code
