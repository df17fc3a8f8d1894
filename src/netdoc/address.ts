// IP addresses in directory documents. Octets are kept, since that is what link specifiers and comparisons want.

export interface AddressPort {
  /** 4 octets for IPv4, 16 for IPv6. */
  readonly address: Uint8Array
  readonly port: number
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const GROUP = /^[0-9A-Fa-f]{1,4}$/
const PORT = /^\d{1,5}$/

export function parseIpv4(text: string): Uint8Array | undefined {
  const match = IPV4.exec(text)
  if (match === null) return undefined
  const octets = Uint8Array.from(match.slice(1), Number)
  for (let i = 0; i < 4; i++) if (Number(match[i + 1]) > 255) return undefined
  return octets
}

/** RFC 4291 2.2, the form with an IPv4 tail included; no zone and no brackets. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  // Only the end of the whole text may be written as IPv4.
  const head = halves.length === 2 && halves[0]?.includes('.') ? undefined : parseGroups(halves[0] ?? '')
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

function parseGroups(text: string): readonly number[] | undefined {
  if (text === '') return []
  const octets: number[] = []
  const groups = text.split(':')
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group)
      if (ipv4 === undefined) return undefined
      octets.push(...ipv4)
    } else {
      if (!GROUP.test(group)) return undefined
      const value = Number.parseInt(group, 16)
      octets.push(value >>> 8, value & 0xff)
    }
  }
  return octets
}

/** `1.2.3.4:9001` or `[2001:db8::1]:9001`. */
export function parseAddressPort(text: string): AddressPort | undefined {
  const colon = text.lastIndexOf(':')
  const portText = text.slice(colon + 1)
  if (colon < 0 || !PORT.test(portText)) return undefined
  const host = text.slice(0, colon)
  const isBracketed = host.startsWith('[') && host.endsWith(']')
  const address = isBracketed ? parseIpv6(host.slice(1, -1)) : parseIpv4(host)
  const port = Number(portText)
  return address === undefined || port > 65535 ? undefined : {address, port}
}

/** Without brackets; IPv6 as RFC 5952 has it. */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join('.')
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((address[i] as number) << 8) | (address[i + 1] as number))
  const {start, length} = longestZeroRun(groups)
  const text = (part: readonly number[]) => part.map(group => group.toString(16)).join(':')
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}

export function formatAddressPort({address, port}: AddressPort): string {
  return address.length === 4 ? `${formatAddress(address)}:${port}` : `[${formatAddress(address)}]:${port}`
}

function longestZeroRun(groups: readonly number[]): {readonly start: number; readonly length: number} {
  let best = {start: 0, length: 0}
  let start = 0
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue
    if (i - start > best.length) best = {start, length: i - start}
    start = i + 1
  }
  return best
}
