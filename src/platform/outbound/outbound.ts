// The one way out to addresses that customers configure: identity providers, key sets, metadata, and later SIEMs and webhooks.
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { isCidr } from '../http/addresses.ts'
import { type OutboundRefusal, refused } from './codes.ts'
import { exchange, type OutboundAnswer, type OutboundRequest, timedOut } from './exchange.ts'
import { type AddressResolver, dnsAddresses } from './resolver.ts'
import { mayConnect } from './special-use.ts'
import { type Policy, type Target, targetOf } from './target.ts'

/** What the operator decides. Nothing given: https to the public internet. */
export interface OutboundOptions extends Partial<Policy> {
  /** For name look-up, connection and answer together; 5 s. */
  readonly timeoutMs?: number
  /** 256 kB. */
  readonly bytesMax?: number
  /** Certificates (PEM) trusted beside the usual ones. */
  readonly ca?: readonly string[]
  readonly resolve?: AddressResolver
}

export interface Outbound {
  /** Asks an address. Any status that is no redirect is an answer; it never rejects. */
  readonly fetch: (url: string, request?: OutboundRequest) => Promise<OutboundAnswer | OutboundRefusal>
  /** What can be said about an address without asking anybody; null when nothing speaks against it. */
  readonly refusalOf: (url: string) => OutboundRefusal | null
}

export const OUTBOUND_TIMEOUT_MS = 5_000
export const OUTBOUND_BYTES_MAX = 256 * 1024

/** Makes the guarded way out. Throws when a network of the operator's list cannot be read. */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  const policy: Policy = { allowedNetworks: options.allowedNetworks ?? [], plainHttpHosts: options.plainHttpHosts ?? [], ports: options.ports ?? null }
  const unread = policy.allowedNetworks.find((network) => !isCidr(network))
  if (unread !== undefined) throw new Error(`"${unread}" is not a network; write it like 10.0.0.0/8.`)
  const resolve = options.resolve ?? dnsAddresses
  const { timeoutMs = OUTBOUND_TIMEOUT_MS, bytesMax = OUTBOUND_BYTES_MAX } = options
  const secureContext = trusting(options.ca ?? [])
  return {
    refusalOf: (url) => {
      const target = targetOf(url, policy)
      return target.ok ? null : target
    },
    fetch: async (url, request = {}) => {
      const target = targetOf(url, policy)
      if (!target.ok) return target
      const signal = AbortSignal.timeout(timeoutMs)
      const addresses = await addressesOf(target, resolve, signal)
      if (!isAddresses(addresses)) return addresses
      // One forbidden address among good ones is no accident: the name is refused, not filtered.
      if (!addresses.every((address) => mayConnect(address, policy.allowedNetworks))) return refused('address_forbidden', 'The name does not lead to the public internet.')
      return signal.aborted ? timedOut : await exchange({ target, addresses, request, signal, bytesMax, secureContext })
    },
  }
}

/** Made once, since reading a hundred and fifty certificates takes a while. */
const trusting = (ca: readonly string[]): SecureContext | null => (ca.length === 0 ? null : createSecureContext({ ca: [...getCACertificates('default'), ...ca], minVersion: 'TLSv1.2' }))

const isAddresses = (value: readonly string[] | OutboundRefusal): value is readonly string[] => !('ok' in value)

async function addressesOf(target: Target, resolve: AddressResolver, signal: AbortSignal): Promise<readonly string[] | OutboundRefusal> {
  if (target.isAddress) return [target.host]
  const { promise: late, resolve: giveUp } = Promise.withResolvers<OutboundRefusal>()
  const onAbort = (): void => giveUp(timedOut)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const found = await Promise.race([resolve(target.host), late])
    return isAddresses(found) && found.length === 0 ? refused('name_unresolvable', 'The name has no address.') : found
  } catch {
    return refused('name_unresolvable', 'The name could not be looked up.')
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
