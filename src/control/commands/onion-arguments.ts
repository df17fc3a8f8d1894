// The arguments of ADD_ONION, read (control-spec 3.27).

import {fromBase32} from '../../bytes/base32.ts'
import {fromBase64} from '../../bytes/base64.ts'
import {X25519_LENGTH} from '../../crypto/x25519.ts'
import type {NewOnionPort} from '../node.ts'
import {type Reply, reply, Status} from '../reply.ts'
import type {Word} from '../words.ts'
import {allKeyed, keyed} from './command.ts'

const FLAGS = ['DiscardPK', 'Detach', 'MaxStreamsCloseCircuit', 'V3Auth', 'NonAnonymous'] as const
export type OnionFlag = (typeof FLAGS)[number]
const KEYS = [
  'PORT',
  'FLAGS',
  'MAXSTREAMS',
  'POWDEFENSESENABLED',
  'POWQUEUERATE',
  'POWQUEUEBURST',
  'CLIENTAUTH',
  'CLIENTAUTHV3'
]
const PORT_MAX = 65_535
const EXPANDED_KEY_LENGTH = 64

export interface OnionArguments {
  /** undefined: a new one */
  readonly expandedKey: Uint8Array | undefined
  readonly ports: readonly NewOnionPort[]
  readonly maxStreams: number
  readonly flags: ReadonlySet<OnionFlag>
  readonly clients: readonly {readonly key: Uint8Array; readonly text: string}[]
}

/** The arguments, or what is wrong with them. */
export function readOnionArguments(words: readonly Word[]): OnionArguments | Reply {
  const [first, ...others] = words
  const stray = others.find(({key}) => key === undefined || !KEYS.includes(key.toUpperCase()))
  if (stray !== undefined)
    return bad(`Bad arguments to ADD_ONION: Unrecognized keyword argument "${stray.text}"`)
  const ports: NewOnionPort[] = []
  for (const text of allKeyed(others, 'Port')) {
    const port = parseOnionPort(text)
    if (port === undefined) return bad('Invalid VIRTPORT/TARGET')
    ports.push(port)
  }
  const maxStreams = keyed(others, 'MaxStreams') ?? '0'
  if (!(/^\d{1,5}$/.test(maxStreams) && Number(maxStreams) <= PORT_MAX)) return bad('Invalid MaxStreams')
  const pow = keyed(others, 'PoWDefensesEnabled') ?? '0'
  if (pow !== '0' && pow !== '1') return bad('Invalid PoWDefensesEnabled')
  if (pow === '1')
    return reply(Status.INTERNAL, 'Proof-of-work defenses are not there for services of controllers')
  const flags = readFlags(allKeyed(others, 'Flags'))
  if ('status' in flags) return flags
  const clients: {key: Uint8Array; text: string}[] = []
  for (const text of allKeyed(others, 'ClientAuthV3')) {
    const key = fromBase32(text.toLowerCase())
    if (key?.length !== X25519_LENGTH) return bad('Cannot decode v3 client auth key')
    clients.push({key, text})
  }
  if (ports.length === 0) return bad("Missing 'Port' argument")
  if (!flags.has('V3Auth') && clients.length > 0) return bad('No auth type specified')
  if (flags.has('V3Auth') && clients.length === 0) return bad('No auth clients specified')
  if (flags.has('NonAnonymous')) return bad('Tor is in anonymous hidden service mode')
  const key = readKey(first?.text ?? '')
  if ('status' in key) return key
  return {expandedKey: key.expandedKey, ports, maxStreams: Number(maxStreams), flags, clients}
}

/** `80`, `80,8080`, `80,127.0.0.1:8080`, `80,[::1]:8080`, `80,unix:/path`. */
export function parseOnionPort(text: string): NewOnionPort | undefined {
  const [virtual = '', target] = split(text, ',')
  const virtualPort = port(virtual)
  if (virtualPort === undefined) return undefined
  if (target === undefined) return {virtualPort, target: {kind: 'tcp', host: '127.0.0.1', port: virtualPort}}
  const path = /^unix:(?:"([^"]+)"|([^"\s]+))$/.exec(target)
  if (path !== null) return {virtualPort, target: {kind: 'unix', path: path[1] ?? path[2] ?? ''}}
  const alone = port(target)
  if (alone !== undefined) return {virtualPort, target: {kind: 'tcp', host: '127.0.0.1', port: alone}}
  const both = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(target)
  const host = both?.[1] ?? both?.[2]
  const targetPort = port(both?.[3] ?? '')
  if (host === undefined || targetPort === undefined) return undefined
  return {virtualPort, target: {kind: 'tcp', host, port: targetPort}}
}

function readFlags(texts: readonly string[]): ReadonlySet<OnionFlag> | Reply {
  const flags = new Set<OnionFlag>()
  for (const text of texts) {
    const names = text.split(',').filter(name => name !== '')
    if (names.length === 0) return bad("Invalid 'Flags' argument")
    for (const name of names) {
      const flag = FLAGS.find(known => known.toLowerCase() === name.toLowerCase())
      if (flag === undefined) return bad(`Invalid 'Flags' argument: "${name}"`)
      flags.add(flag)
    }
  }
  return flags
}

function readKey(text: string): {readonly expandedKey: Uint8Array | undefined} | Reply {
  const [type = '', blob] = split(text, ':')
  if (blob === undefined) return bad('Invalid key type/blob')
  const upper = type.toUpperCase()
  if (upper === 'NEW') {
    return ['BEST', 'ED25519-V3'].includes(blob.toUpperCase())
      ? {expandedKey: undefined}
      : reply(Status.BAD_VALUE, 'Invalid key type')
  }
  if (upper !== 'ED25519-V3') return reply(Status.BAD_VALUE, 'Invalid key type')
  const expandedKey = fromBase64(blob)
  return expandedKey?.length === EXPANDED_KEY_LENGTH ? {expandedKey} : bad('Failed to decode ED25519-V3 key')
}

function split(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function port(text: string): number | undefined {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return value > 0 && value <= PORT_MAX ? value : undefined
}

function bad(why: string): Reply {
  return reply(Status.BAD_ARGUMENTS, why)
}
