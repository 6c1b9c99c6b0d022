import type { World } from '../world.ts'

export interface TestWorld extends World {
  readonly said: () => string
  readonly talked: () => string
  readonly stop: () => void
}

/** A world on paper: what is written can be read, the environment is empty, time stands unless it is moved. */
export function paperWorld(options: { readonly env?: Record<string, string>; readonly folder?: string; readonly isTerminal?: boolean; readonly nowMs?: () => number } = {}): TestWorld {
  const out: string[] = []
  const talk: string[] = []
  const controller = new AbortController()
  const paper = (lines: string[]): World['out'] => ({ write: (text) => void lines.push(text), isTerminal: options.isTerminal ?? false, columns: 100 })
  return {
    env: options.env ?? {}, folder: options.folder ?? '/nowhere', out: paper(out), talk: paper(talk), signal: controller.signal, isUnread: () => false, nowMs: options.nowMs ?? (() => performance.now()),
    said: () => out.join(''), talked: () => talk.join(''), stop: () => controller.abort(),
  }
}
