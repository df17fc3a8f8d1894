// `DirAuthority` and `FallbackDir` lines: who signs the consensus, and who else may be asked for it.
//   DirAuthority [nickname] [orport=N] [v3ident=HEX] [ipv6=[A]:N] [weight=X] [upload=URL…] address:dirport FINGERPRINT
//   FallbackDir address:dirport orport=N id=FINGERPRINT [ipv6=[A]:N] [weight=X]

import {fromBase16, toBase16Upper} from '../bytes/base16.ts'
import {ok, type Result} from '../fault/result.ts'
import {type AddressPort, isPrivateAddress, parseAddress, parseAddressPort, parsePort} from './address.ts'
import {type ConfigFault, configFault} from './fault.ts'
import type {ConfigLine} from './torrc-text.ts'

export interface DirAuthority {
  readonly nickname: string | undefined
  readonly address: string
  readonly dirPort: number
  readonly orPort: number | undefined
  /** SHA-1 of the authority's v3 identity key, 20 octets; without it the authority signs nothing */
  readonly v3ident: Uint8Array | undefined
  /** the relay identity, 20 octets */
  readonly fingerprint: Uint8Array
  readonly ipv6: {readonly host: string; readonly port: number} | undefined
}

export interface FallbackDir {
  readonly address: string
  readonly dirPort: number
  readonly orPort: number
  /** the relay identity, 20 octets */
  readonly fingerprint: Uint8Array
  readonly weight: number
  readonly ipv6: {readonly host: string; readonly port: number} | undefined
}

/** Of the nine authorities of the public Tor network, the digests of their v3 identity keys. */
const PUBLIC_V3IDENTS: readonly string[] = [
  'F533C81CEF0BC0267857C99B2F471ADF249FA232',
  '2F3DF9CA0E5D36F2685A2DA67184EB8DCB8CBA8C',
  'E8A9C45EDE6D711294FADF8E7951F4DE6CA56B58',
  'ED03BB616EB2F60BEC80151114BB25CEF515B226',
  '0232AF901C31A04EE9848595AF9BB7620D4C5B2E',
  '49015F787433103580E3B66A1707A00E60F2D15B',
  '23D15D965BC35114467363C165C4F724B64B4F66',
  '27102BC123E7AF1D4741AE047E160C91ADC76B21',
  '70849B868D606BAECFB6128C5E3D782029AA394F'
]

export function parseDirAuthority(line: ConfigLine): Result<DirAuthority, ConfigFault> {
  const {leading, flags, place, rest} = splitLine(line.value)
  const bad = (why: string) => configFault('bad-value', `DirAuthority: ${why}.`, line.place, 'DirAuthority')
  if (leading !== undefined && !/^[A-Za-z0-9]{1,19}$/.test(leading)) return bad(`'${leading}' is no nickname`)
  const v3ident = flags.get('v3ident')
  const v3digest = v3ident === undefined ? undefined : digest(v3ident)
  if (v3ident !== undefined && v3digest === undefined) return bad(`v3ident '${v3ident}' is not 40 hex digits`)
  const orPort = flags.has('orport') ? portOf(flags.get('orport')) : undefined
  if (flags.has('orport') && orPort === undefined) return bad(`orport '${flags.get('orport')}' is no port`)
  const ipv6 = ipv6Of(flags.get('ipv6'))
  if (ipv6 === 'bad') return bad(`ipv6 '${flags.get('ipv6')}' is no [address]:port`)
  if (place === undefined || place.address.family !== 'ipv4') return bad('an IPv4 address:dirport is missing')
  const fingerprint = digest(rest.join(''))
  if (fingerprint === undefined) return bad('the fingerprint must be 40 hex digits')
  const {host: address} = place.address
  return ok({nickname: leading, address, dirPort: place.port, orPort, v3ident: v3digest, fingerprint, ipv6})
}

export function parseFallbackDir(line: ConfigLine): Result<FallbackDir, ConfigFault> {
  const {flags, place} = splitLine(line.value)
  const bad = (why: string) => configFault('bad-value', `FallbackDir: ${why}.`, line.place, 'FallbackDir')
  if (place === undefined || place.address.family !== 'ipv4') return bad('an IPv4 address:dirport is missing')
  const orPort = portOf(flags.get('orport'))
  if (orPort === undefined) return bad('orport=PORT is missing')
  const fingerprint = digest(flags.get('id') ?? '')
  if (fingerprint === undefined) return bad('id=FINGERPRINT of 40 hex digits is missing')
  const ipv6 = ipv6Of(flags.get('ipv6'))
  if (ipv6 === 'bad') return bad(`ipv6 '${flags.get('ipv6')}' is no [address]:port`)
  const weight = Number(flags.get('weight') ?? '1')
  if (!(weight >= 0)) return bad(`weight '${flags.get('weight')}' is no number`)
  return ok({address: place.address.host, dirPort: place.port, orPort, fingerprint, weight, ipv6})
}

/**
 * Whether who uploads to this authority may be uploading to the public network: the authority is one of its nine, or it
 * stands on a public address and nobody called its network a testing network. (New authorities appear, hence the second.)
 */
export function mayBePublic(authority: DirAuthority, testingTorNetwork: boolean): boolean {
  if (authority.v3ident !== undefined && PUBLIC_V3IDENTS.includes(toBase16Upper(authority.v3ident)))
    return true
  const address = parseAddress(authority.address)
  return !testingTorNetwork && (address === undefined || !isPrivateAddress(address))
}

interface SplitLine {
  readonly leading: string | undefined
  readonly flags: ReadonlyMap<string, string>
  readonly place: AddressPort | undefined
  readonly rest: readonly string[]
}

/** [word] flags… address:port rest…; flags may also follow the address, as on FallbackDir lines. */
function splitLine(text: string): SplitLine {
  const flags = new Map<string, string>()
  const rest: string[] = []
  let leading: string | undefined
  let place: AddressPort | undefined
  for (const [i, word] of text
    .split(/\s+/)
    .filter(each => each !== '')
    .entries()) {
    const flag = /^([A-Za-z0-9]+)=(.*)$/.exec(word)
    if (flag !== null) flags.set((flag[1] ?? '').toLowerCase(), flag[2] ?? '')
    else if (place === undefined && /^\d/.test(word) && word.includes(':')) place = parseAddressPort(word)
    else if (place !== undefined) rest.push(word)
    else if (i === 0) leading = word
    else flags.set(word.toLowerCase(), '')
  }
  return {leading, flags, place, rest}
}

function digest(text: string): Uint8Array | undefined {
  return text.length === 40 ? fromBase16(text) : undefined
}

function portOf(text: string | undefined): number | undefined {
  const port = parsePort(text ?? '')
  return port === 0 ? undefined : port
}

function ipv6Of(text: string | undefined): {host: string; port: number} | undefined | 'bad' {
  if (text === undefined) return undefined
  const both = parseAddressPort(text)
  return both?.address.family === 'ipv6' ? {host: both.address.host, port: both.port} : 'bad'
}
