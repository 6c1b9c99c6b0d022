export type ClusterFailure =
  | 'disk-full'
  | 'other-version'
  | 'broken-folder'
  | 'foreign-folder'
  | 'permission'
  | 'no-package'
  | 'too-slow'
  | 'did-not-start'
  | 'port-taken'
  | 'in-use'
  | 'setting-refused'
  | 'promoted'

/** One sentence a person can act on; the server's own words, if any, are in `cause`. */
export class ClusterError extends Error {
  readonly failure: ClusterFailure

  constructor(failure: ClusterFailure, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? {} : { cause })
    this.name = 'ClusterError'
    this.failure = failure
  }
}

/** The `code` of a system error (`ENOENT`, `EACCES`), or an empty string. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return ''
}

/** Turns a file-system failure into a sentence; anything unknown passes through untouched. */
export function explainSystemError(error: unknown, folder: string): unknown {
  if (error instanceof ClusterError) return error
  const code = systemCode(error)
  // 53100 is the server's own word for it, given to a client.
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') return diskFull(folder, error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : folder
    return new ClusterError(
      'permission',
      `Permission denied on ${path}: make it writable for the user who starts Blue Ship Sync, or choose another data folder.`,
      error,
    )
  }
  return error
}

/** Reads the last lines a server or initdb wrote before it gave up, and names the cause they show. */
export function explainServerOutput(what: string, output: string, folder: string): ClusterError {
  const cause = new Error(output.trim() === '' ? 'The server wrote nothing.' : output.trim())
  if (/No space left on device|Disk quota exceeded|Check free disk space/i.test(output)) return diskFull(folder, cause)
  if (/Address already in use|could not create any TCP\/IP sockets/i.test(output)) {
    return new ClusterError('port-taken', `${what} could not start: another program took its port.`, cause)
  }
  if (/incompatible with server|initialized by PostgreSQL version/i.test(output)) {
    return new ClusterError('other-version', `The data in ${folder} was written by another version of PostgreSQL.`, cause)
  }
  if (/Permission denied|wrong ownership|Operation not permitted/i.test(output)) {
    return new ClusterError('permission', `${what} was denied permission in ${folder}: check who owns its files.`, cause)
  }
  if (/error while loading shared libraries|Library not loaded/i.test(output)) {
    return new ClusterError('no-package', 'The PostgreSQL package is incomplete: run `npm ci` again.', cause)
  }
  return new ClusterError('did-not-start', `${what} did not start; its last words: ${lastWords(output)}`, cause)
}

function diskFull(folder: string, cause: unknown): ClusterError {
  return new ClusterError('disk-full', `The disk that holds ${folder} is full: free some space and start again.`, cause)
}

/** The line that says most: a wrong setting is named before the FATAL that only says that there is one. */
function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const telling =
    lines.findLast((line) => /unrecognized configuration parameter|invalid value for parameter|invalid configuration/.test(line)) ??
    lines.findLast((line) => /FATAL|PANIC|ERROR|error:/.test(line)) ??
    lines.at(-1) ??
    'none.'
  return telling.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] /, '')
}
