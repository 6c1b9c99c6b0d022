// Addresses that lead somewhere other than the public internet: into this machine, into the operator's network, to the
// cloud's metadata. A customer who could name one would use the service as a way in (server-side request forgery).
import { BlockList, isIP } from 'node:net'
import { isWithin } from '../http/addresses.ts'

/** The registries of special-purpose addresses (IANA, RFC 6890 and its successors), without those that are globally reachable. */
const IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24], ['192.31.196.0', 24], ['192.52.193.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['192.175.48.0', 24],
  ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
  // A public address by its number, but on every machine of one cloud it answers with that machine's own secrets.
  ['168.63.129.16', 32],
]
/** Within the one block of IPv6 that is routed at all: Teredo, ORCHID and benchmarks; documentation; 6to4, which hides an IPv4 address; AS112. */
const IPV6: readonly (readonly [string, number])[] = [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['2620:4f:8000::', 48], ['3fff::', 20]]

const special4 = new BlockList()
for (const [address, bits] of IPV4) special4.addSubnet(address, bits, 'ipv4')
const special6 = new BlockList()
for (const [address, bits] of IPV6) special6.addSubnet(address, bits, 'ipv6')
const routed6 = new BlockList()
routed6.addSubnet('2000::', 3, 'ipv6')
const mapped = new BlockList()
mapped.addSubnet('::ffff:0:0', 96, 'ipv6')

/** True for an address of the public internet. Everything that is not known to be one, mapped and translated forms included, is not. */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%')) return false
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4')
    case 6:
      return routed6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
    default:
      return false
  }
}

/** True when the service may connect there: the public internet, and what the operator has allowed beside it. */
export function mayConnect(address: string, allowedNetworks: readonly string[]): boolean {
  if (isPublicAddress(address)) return true
  // Nobody needs an IPv4 address in the clothes of IPv6; whoever allowed 10.0.0.0/8 can write it as such.
  if (isIP(address) === 0 || address.includes('%') || (isIP(address) === 6 && mapped.check(address, 'ipv6'))) return false
  return isWithin(address, allowedNetworks)
}
