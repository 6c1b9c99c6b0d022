// Processes of ours: one line of JSON in, one line of JSON out.
import { spawn, type ChildProcess } from 'node:child_process'
import type Type from 'typebox'
import { Value } from 'typebox/value'

export interface Child<T> {
  readonly pid: number
  readonly said: T
  stop(): Promise<void>
}

/** What a child says when its work begins, before its answer. */
export const BEGUN = 'begun'

/** Starts a file of this folder, tells it `orders`, and waits for its answer: its first line of JSON. */
export async function startChild<S extends Type.TSchema>(file: string, orders: unknown, answer: S, onBegun: () => void = () => undefined): Promise<Child<Type.Static<S>>> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `${import.meta.dirname}/${file}`], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
  child.stdin.write(`${JSON.stringify(orders)}\n`)
  const line = await answerOf(child, ended, file, onBegun)
  return {
    pid: child.pid ?? 0,
    said: Value.Parse(answer, JSON.parse(line)),
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
    },
  }
}

function answerOf(child: ChildProcess, ended: Promise<number>, file: string, onBegun: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        if (line === BEGUN) onBegun()
        else resolve(line)
      }
    })
    void ended.then((code) => reject(new Error(`${file} ended with ${code} before it had an answer.`)))
  })
}
