// Addresses as a torrc writes them: IPv4 dotted, IPv6 with or without brackets, and with a port. Nothing is looked up in
// DNS: a relay's addresses are numbers.

export type AddressFamily = 'ipv4' | 'ipv6'

export interface IpAddress {
  readonly family: AddressFamily
  /** without brackets */
  readonly host: string
  /** 4 or 16 octets */
  readonly octets: readonly number[]
}

export interface AddressPort {
  readonly address: IpAddress
  readonly port: number
}

/** `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`. */
export function parseAddress(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text)
  if (v4 !== undefined) return {family: 'ipv4', host: text, octets: v4}
  const host = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const v6 = parseIpv6(host)
  return v6 === undefined ? undefined : {family: 'ipv6', host: host.toLowerCase(), octets: v6}
}

/** `192.0.2.1:9001` or `[2001:db8::1]:9001`, port 1 to 65535. */
export function parseAddressPort(text: string): AddressPort | undefined {
  const match = /^(.*):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? ''
  if (host.includes(':') && !host.startsWith('[')) return undefined
  const address = parseAddress(host)
  const port = parsePort(match?.[2] ?? '')
  return address === undefined || port === undefined || port === 0 ? undefined : {address, port}
}

/** 0 to 65535. */
export function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port <= 65535 ? port : undefined
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const octets = parts.map(part => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256))
  return octets.every(octet => octet < 256) ? octets : undefined
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = ipv6Groups(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 1 ? [] : ipv6Groups(halves[1] ?? '', true)
  if (head === undefined || tail === undefined) return undefined
  if (halves.length === 1) return head.length === 16 ? head : undefined
  const zeros = 16 - head.length - tail.length
  return zeros < 2 ? undefined : [...head, ...new Array<number>(zeros).fill(0), ...tail]
}

/** The octets of groups between colons; the last may be a dotted IPv4 address where the address ends there. */
function ipv6Groups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const out: number[] = []
  for (const [i, group] of groups.entries()) {
    const dotted = atEnd && i === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined
    if (dotted !== undefined) {
      out.push(...dotted)
      continue
    }
    if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined
    const value = Number.parseInt(group, 16)
    out.push(value >> 8, value & 255)
  }
  return out
}

/** Loopback, link-local, private and unspecified ranges: an address that other hosts on the Internet cannot reach. */
export function isPrivateAddress(address: IpAddress): boolean {
  const o = address.octets
  const a = o[0] ?? 0
  const b = o[1] ?? 0
  if (address.family === 'ipv4') {
    if (a === 0 || a === 10 || a === 127) return true
    if (a === 100) return b >= 64 && b < 128
    if (a === 172) return b >= 16 && b < 32
    return (a === 169 && b === 254) || (a === 192 && b === 168)
  }
  if ((a & 0xfe) === 0xfc || (a === 0xfe && b >= 0x80)) return true
  if (o.slice(0, 15).every(octet => octet === 0)) return (o[15] ?? 0) < 2
  const mapped = o.slice(0, 10).every(octet => octet === 0) && o[10] === 255 && o[11] === 255
  return mapped && isPrivateAddress({family: 'ipv4', host: '', octets: o.slice(12)})
}
