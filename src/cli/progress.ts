// Progress on long work: a line that rewrites itself at a terminal, a plain line now and then elsewhere.
import type { World } from './world.ts'

const REDRAW_MS = 100
const PLAIN_LINE_MS = 10_000
const BAR_CHARS = 24

/** `1h02m`, `3m05s`, `8s`. */
export function durationOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`
  if (whole >= 60) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`
  return `${whole}s`
}

export const countOf = (count: number): string => Math.round(count).toLocaleString('en-US')

export function barOf(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_CHARS)
  return `[${'█'.repeat(full)}${'·'.repeat(BAR_CHARS - full)}]`
}

export interface Progress {
  /** So many are done in all. */
  reach(done: number): void
  /** The last word of the phase, with the rate. */
  end(done: number): void
}

/** Starts a phase. `total` null: its end is not known. */
export function progressOf(world: World, phase: string, unit: string, total: number | null): Progress {
  const { talk } = world
  const startedMs = world.nowMs()
  let drawnMs = startedMs
  const seconds = (): number => Math.max(0.001, (world.nowMs() - startedMs) / 1000)
  const lineOf = (done: number): string => {
    const rate = done / seconds()
    const left = total !== null && rate > 0 ? `  ${durationOf((total - done) / rate)} left` : ''
    const share = total === null || total === 0 ? '' : `${barOf(done / total)} ${String(Math.floor((100 * Math.min(done, total)) / total)).padStart(3)}%  `
    return `${phase.padEnd(14)} ${share}${countOf(done)}${total === null ? '' : ` of ${countOf(total)}`} ${unit}  ${countOf(rate)}/s${left}`
  }
  const rewrite = (line: string): void => talk.write(`\r\u001B[2K${line.slice(0, Math.max(20, talk.columns - 1))}`)
  if (talk.isTerminal) rewrite(lineOf(0))
  return {
    reach(done) {
      const now = world.nowMs()
      if (now - drawnMs < (talk.isTerminal ? REDRAW_MS : PLAIN_LINE_MS)) return
      drawnMs = now
      if (talk.isTerminal) rewrite(lineOf(done))
      else talk.write(`${lineOf(done)}\n`)
    },
    end(done) {
      const took = seconds()
      const line = `${phase.padEnd(14)} ${countOf(done)} ${unit} in ${durationOf(took)}, ${countOf(done / took)}/s`
      if (talk.isTerminal) rewrite(line)
      talk.write(talk.isTerminal ? '\n' : `${line}\n`)
    },
  }
}
