// Structured logs. Never log tokens, bodies or personal data: the redaction below is the second lock, not the first.
import { type DestinationStream, pino } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFields = Readonly<Record<string, unknown>>

/** Fields first, then a sentence. An Error goes into the field `error`; its cause chain is written out. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  /** A log that adds these fields to every line. */
  child(fields: LogFields): Log
}

const SECRET_FIELDS = ['token', 'authorization', 'password', 'secret', 'key', 'cookie', 'body']
const CAUSES_MAX = 5

/** An error with its chain of causes as plain data; five links at most, so that a circle ends. */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `Not an Error: ${typeof error}`
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined || depth >= CAUSES_MAX ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}

/** One JSON object per line on `destination` (standard output when none is given). */
export function createLog(level: LogLevel, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: (error: unknown) => describeError(error) },
    redact: { paths: SECRET_FIELDS, censor: '[secret]' },
  }
  const stream: DestinationStream | undefined = destination
  return stream === undefined ? pino(options) : pino(options, stream)
}

/** Says nothing: for tests and tools. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silentLog }
