import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { ClusterError } from './cluster-error.ts'

/**
 * Below the range from which the kernel gives ports to outgoing connections (32768 and up on Linux), so that
 * a port once chosen is not taken by somebody's connection while the server is down.
 */
const LOWEST = 15_433
const HIGHEST = 31_999

export async function isFree(port: number): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

export async function chooseFreePort(except: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1)
    if (!except.includes(port) && (await isFree(port))) return port
  }
  throw new ClusterError('port-taken', 'No free port was found on 127.0.0.1 for PostgreSQL.')
}

/** A fixed port is the operator's word and is never changed behind his back; a remembered one is only a habit. */
export async function settlePort(fixed: number | undefined, remembered: number | null, except: readonly number[]): Promise<number> {
  if (fixed !== undefined) {
    if (await isFree(fixed)) return fixed
    throw new ClusterError('port-taken', `Port ${fixed} on 127.0.0.1 is in use by another program: stop it or give PostgreSQL another port.`)
  }
  if (remembered !== null && !except.includes(remembered) && (await isFree(remembered))) return remembered
  return await chooseFreePort(except)
}
