// An IPv6 address out of a text in octets, as four numbers of 32 bits, with no string for it but where it is written unusually.

import {ipFromText} from '../../bytes/ip-address.ts'
import {readU32, toLatin1} from '../../bytes/octets.ts'

const [POINT, COLON, ZERO, NINE] = [46, 58, 48, 57]

/** The usual ways of writing are read from the octets, since a file has half a million of them; the rare ones as text. */
export function readIpv6(
  octets: Uint8Array,
  start: number,
  end: number,
  groups: Uint16Array,
  into: Uint32Array
): boolean {
  const count = readGroups(octets, start, end, groups)
  if (count !== 8) {
    const address = ipFromText(toLatin1(octets.subarray(start, end)))
    if (address?.length !== 16) return false
    for (let at = 0; at < 4; at++) into[at] = readU32(address, 4 * at)
    return true
  }
  for (let at = 0; at < 4; at++) into[at] = (groups[2 * at] ?? 0) * 65_536 + (groups[2 * at + 1] ?? 0)
  return true
}

/** 8 where all groups were read. */
function readGroups(octets: Uint8Array, start: number, end: number, groups: Uint16Array): number {
  let [count, gap, value, digits] = [0, -1, 0, 0]
  for (let at = start; at < end; at++) {
    const octet = octets[at] ?? 0
    if (octet === POINT) return 0
    if (octet !== COLON) {
      const digit = hexDigit(octet)
      if (digit < 0 || ++digits > 4) return 0
      value = value * 16 + digit
      continue
    }
    if (digits > 0) {
      if (count === 8) return 0
      groups[count++] = value
      value = 0
      digits = 0
    }
    if (octets[at + 1] === COLON && at + 1 < end) {
      if (gap >= 0) return 0
      gap = count
      at++
    } else if (at === start || at === end - 1) return 0
  }
  if (digits > 0) {
    if (count === 8) return 0
    groups[count++] = value
  }
  if (gap < 0) return count
  if (count === 8) return 0
  groups.copyWithin(8 - (count - gap), gap, count)
  groups.fill(0, gap, 8 - (count - gap))
  return 8
}

function hexDigit(octet: number): number {
  if (octet >= ZERO && octet <= NINE) return octet - ZERO
  const letter = octet | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
