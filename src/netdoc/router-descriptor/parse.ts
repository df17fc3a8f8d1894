// Text to RouterDescriptor: items, then what the lines say, then what the keys say of one another. Signatures come last,
// since everything else is cheaper to refuse.

import {isUtf8} from 'node:buffer'
import {equal} from '../../bytes/octets.ts'
import {ok, type Result} from '../../fault/result.ts'
import {type AddressPort, parseIpv4} from '../address.ts'
import {
  MAX_INT32,
  parseBase64,
  parseDecimal,
  parseFingerprint,
  parseNickname,
  parsePort
} from '../argument.ts'
import {type ExitRule, parseExitRule} from '../exit-policy.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {type Annotations, type CheckedItems, checkItems} from '../item-rules.ts'
import {firstIpv6} from '../microdescriptor.ts'
import {parsePortPolicy} from '../port-policy.ts'
import {parseProtocols} from '../protocols.ts'
import {type DocumentInput, openDocument, toUtf8} from '../source.ts'
import {parseTime} from '../time.ts'
import {tokenize} from '../tokenize.ts'
import {parseFamily} from './family.ts'
import {checkRouterKeys} from './keys.ts'
import {MAX_ROUTER_DESCRIPTOR_LENGTH, type RouterDescriptor} from './router-descriptor.ts'
import {ROUTER_RULES} from './rules.ts'

type RouterItems = CheckedItems<typeof ROUTER_RULES>

/**
 * Parses and verifies one router descriptor. Certificates may have expired and the time of publication may be any:
 * descriptors are read for many purposes, and `expiresAt` and `published` say what a reader needs to judge.
 */
export function parseRouterDescriptor(
  input: DocumentInput,
  annotations: Annotations = 'annotations-refused'
): Result<RouterDescriptor, NetdocFault> {
  const source = openDocument(input, MAX_ROUTER_DESCRIPTOR_LENGTH)
  if (!source.ok) return source
  if (!isUtf8(source.value.octets)) return meaningFault('bad-argument', 'router')
  const tokens = tokenize(source.value.text)
  if (!tokens.ok) return tokens
  const checked = checkItems(ROUTER_RULES, tokens.value, annotations)
  if (!checked.ok) return checked
  const items = checked.value
  const lines = parseLines(items)
  if (!lines.ok) return lines
  const exits = parseExitPolicy(items)
  if (!exits.ok) return exits
  const keys = checkRouterKeys(items, source.value)
  if (!keys.ok) return keys
  const fingerprint = items.optional('fingerprint')
  if (fingerprint !== undefined && !isFingerprintOf(fingerprint, keys.value.identity)) {
    return meaningFault('mismatch', 'fingerprint')
  }
  const family = parseFamily(items.optional('family'), items.all('family-cert'), keys.value.ed25519)
  if (!family.ok) return family
  const {start} = items.one('router').span
  const {end} = items.one('router-signature').span
  return ok({
    ...lines.value,
    ...exits.value,
    ...keys.value,
    family: family.value.family,
    familyIds: family.value.familyIds,
    octets: source.value.octets.subarray(start, end)
  })
}

type RouterLines = Pick<
  RouterDescriptor,
  | 'nickname'
  | 'ipv4'
  | 'dirPort'
  | 'ipv6'
  | 'published'
  | 'platform'
  | 'protocols'
  | 'bandwidth'
  | 'uptime'
  | 'isHibernating'
  | 'extraInfo'
  | 'isHiddenServiceDir'
  | 'isTunnelledDirServer'
  | 'contact'
>

function parseLines(items: RouterItems): Result<RouterLines, NetdocFault> {
  const router = parseRouterLine(items.one('router'))
  if (router === undefined) return meaningFault('bad-argument', 'router')
  const bandwidth = parseBandwidth(items.one('bandwidth'))
  if (bandwidth === undefined) return meaningFault('bad-argument', 'bandwidth')
  const published = parseTime(items.one('published').line)
  if (published === undefined) return meaningFault('bad-argument', 'published')
  const uptimeItem = items.optional('uptime')
  const uptime = uptimeItem && parseDecimal(uptimeItem.arg(0), 0, Number.MAX_SAFE_INTEGER)
  if (uptimeItem !== undefined && uptime === undefined) return meaningFault('bad-argument', 'uptime')
  const protocols = parseProtocols(items.one('proto').line)
  if (protocols === undefined) return meaningFault('bad-argument', 'proto')
  const platform = items.optional('platform')
  const contact = items.optional('contact')
  return ok({
    ...router,
    bandwidth,
    published,
    uptime,
    protocols,
    platform: platform && toUtf8(platform.line),
    contact: contact && toUtf8(contact.line),
    ipv6: firstIpv6(items.all('or-address').map(item => item.arg(0))),
    isHibernating: parseDecimal(items.optional('hibernating')?.arg(0) ?? '0', 1, MAX_INT32) !== undefined,
    extraInfo: parseExtraInfoDigest(items.optional('extra-info-digest')),
    isHiddenServiceDir: items.has('hidden-service-dir'),
    isTunnelledDirServer: items.has('tunnelled-dir-server') || router.dirPort > 0
  })
}

function parseRouterLine(
  item: Item
): {readonly nickname: string; readonly ipv4: AddressPort; readonly dirPort: number} | undefined {
  const nickname = parseNickname(item.arg(0))
  const address = parseIpv4(item.arg(1))
  const port = parsePort(item.arg(2))
  const dirPort = parsePort(item.arg(4))
  if (nickname === undefined || address === undefined || dirPort === undefined) return undefined
  return port === undefined || port === 0 ? undefined : {nickname, ipv4: {address, port}, dirPort}
}

function parseBandwidth(item: Item): RouterDescriptor['bandwidth'] | undefined {
  const rate = parseDecimal(item.arg(0), 1, MAX_INT32)
  const burst = parseDecimal(item.arg(1), 0, MAX_INT32)
  const observed = parseDecimal(item.arg(2), 0, MAX_INT32)
  if (rate === undefined || burst === undefined || observed === undefined) return undefined
  return {rate, burst, observed}
}

/** A digest that cannot be read names no document; the descriptor is good without. */
function parseExtraInfoDigest(item: Item | undefined): RouterDescriptor['extraInfo'] {
  const sha1 = item && parseFingerprint(item.arg(0))
  return item === undefined || sha1 === undefined ? undefined : {sha1, sha256: parseBase64(item.arg(1), 32)}
}

function isFingerprintOf(item: Item, identity: Uint8Array): boolean {
  const found = parseFingerprint(item.args.join(''))
  return found !== undefined && equal(found, identity)
}

function parseExitPolicy(
  items: RouterItems
): Result<Pick<RouterDescriptor, 'exitRules' | 'ipv6Policy'>, NetdocFault> {
  // These two crashed old relays and are refused by everyone since.
  if (items.has('accept6')) return meaningFault('not-supported', 'accept6')
  if (items.has('reject6')) return meaningFault('not-supported', 'reject6')
  const lines = [...items.all('accept'), ...items.all('reject')].sort((a, b) => a.span.start - b.span.start)
  if (lines.length === 0) return meaningFault('bad-argument', 'reject')
  const exitRules: ExitRule[] = []
  for (const line of lines) {
    const kind = line.keyword === 'accept' ? 'accept' : 'reject'
    const rule = line.args.length === 1 ? parseExitRule(kind, line.arg(0)) : undefined
    if (rule === undefined) return meaningFault('bad-argument', kind)
    exitRules.push(rule)
  }
  const ipv6Line = items.optional('ipv6-policy')
  const ipv6Policy = ipv6Line && parsePortPolicy(ipv6Line.line)
  if (ipv6Line !== undefined && ipv6Policy === undefined) return meaningFault('bad-argument', 'ipv6-policy')
  return ok({exitRules, ipv6Policy})
}
