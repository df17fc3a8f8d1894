// Relays beyond those that one address may have: nobody shall be half of the network by running it all on one machine.

import {toBase16} from '../../../bytes/base16.ts'
import type {RouterDescriptor} from '../../../netdoc/router-descriptor/router-descriptor.ts'

/** What makes one relay of an address worth more than another. */
export interface Worth {
  readonly isAuthority: boolean
  readonly isRunning: boolean
  readonly bandwidth: number
}

/** Of each address all but the `maxPerAddress` most useful ones; 0: none. */
export function findSybils(
  descriptors: readonly RouterDescriptor[],
  maxPerAddress: number,
  worthOf: (descriptor: RouterDescriptor) => Worth
): ReadonlySet<RouterDescriptor> {
  if (maxPerAddress === 0) return new Set()
  const byAddress = new Map<string, RouterDescriptor[]>()
  for (const descriptor of descriptors) {
    const {ipv4, ipv6} = descriptor
    for (const {address} of ipv6 === undefined ? [ipv4] : [ipv4, ipv6]) {
      byAddress.set(toBase16(address), [...(byAddress.get(toBase16(address)) ?? []), descriptor])
    }
  }
  const sybils = new Set<RouterDescriptor>()
  for (const sharing of byAddress.values()) {
    const sorted = sharing.toSorted((a, b) => compareWorth(worthOf(a), worthOf(b)) || compareIdentity(a, b))
    for (const descriptor of sorted.slice(maxPerAddress)) sybils.add(descriptor)
  }
  return sybils
}

/** Negative when `a` is worth more. */
function compareWorth(a: Worth, b: Worth): number {
  return (
    Number(b.isAuthority) - Number(a.isAuthority) ||
    Number(b.isRunning) - Number(a.isRunning) ||
    b.bandwidth - a.bandwidth
  )
}

function compareIdentity(a: RouterDescriptor, b: RouterDescriptor): number {
  return Buffer.compare(a.identity, b.identity)
}
