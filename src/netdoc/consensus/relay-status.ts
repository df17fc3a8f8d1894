// One relay's entry in a consensus: from its `r` line to the next (dir-spec 3.4.2).

import {ok, type Result} from '../../fault/result.ts'
import {parseIpv4} from '../address.ts'
import {MAX_UINT32, parseBase64, parseDecimal, parseNickname, parsePort} from '../argument.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {checkItems} from '../item-rules.ts'
import {firstIpv6} from '../microdescriptor.ts'
import {type PortPolicy, parsePortPolicy} from '../port-policy.ts'
import {type Protocols, parseProtocols} from '../protocols.ts'
import {parseTime} from '../time.ts'
import type {ConsensusFlavour, RelayStatus} from './consensus.ts'
import {RELAY_RULES} from './rules.ts'

/**
 * Parses the entries of one consensus. Thousands of entries share a few dozen different flag, protocol and policy lines,
 * so each line is parsed once and its value shared.
 */
export class RelayStatusParser {
  readonly #flavour: ConsensusFlavour
  readonly #flags = new Map<string, ReadonlySet<string>>()
  readonly #protocols = new Map<string, Protocols | undefined>()
  readonly #policies = new Map<string, PortPolicy | undefined>()

  constructor(flavour: ConsensusFlavour) {
    this.#flavour = flavour
  }

  parse(entry: readonly Item[]): Result<RelayStatus, NetdocFault> {
    const checked = checkItems(RELAY_RULES, entry)
    if (!checked.ok) return checked
    const items = checked.value
    const router = this.#parseRouterLine(items.one('r'))
    if (router === undefined) return meaningFault('bad-argument', 'r')
    const protocols = once(this.#protocols, items.one('pr').line, parseProtocols)
    if (protocols === undefined) return meaningFault('bad-argument', 'pr')
    const weight = parseWeight(items.optional('w'))
    if (weight === undefined) return meaningFault('bad-argument', 'w')
    const policyLine = items.optional('p')?.line
    const policy = policyLine === undefined ? undefined : once(this.#policies, policyLine, parsePortPolicy)
    if (policyLine !== undefined && policy === undefined) return meaningFault('bad-argument', 'p')
    const microdescriptor = this.#flavour === 'microdesc' ? items.all('m')[0] : undefined
    const digest = microdescriptor && parseBase64(microdescriptor.arg(0), 32)
    if (microdescriptor !== undefined && digest === undefined) return meaningFault('bad-argument', 'm')
    return ok({
      ...router,
      descriptorDigest: router.descriptorDigest ?? digest,
      ipv6: firstIpv6(items.all('a').map(item => item.arg(0))),
      flags: once(
        this.#flags,
        items.one('s').line,
        line => new Set(line.split(' ').filter(flag => flag !== ''))
      ),
      version: items.optional('v')?.line,
      protocols,
      ...weight,
      policy
    })
  }

  #parseRouterLine(line: Item) {
    // The ns flavour has one argument more, the descriptor's digest.
    const shift = this.#flavour === 'ns' ? 1 : 0
    const nickname = parseNickname(line.arg(0))
    const identity = parseBase64(line.arg(1), 20)
    const descriptorDigest = shift === 1 ? parseBase64(line.arg(2), 20) : undefined
    const published = parseTime(`${line.arg(2 + shift)} ${line.arg(3 + shift)}`)
    const address = parseIpv4(line.arg(4 + shift))
    const port = parsePort(line.arg(5 + shift))
    const dirPort = parsePort(line.arg(6 + shift))
    if (nickname === undefined || identity === undefined || published === undefined) return undefined
    if (address === undefined || port === undefined || dirPort === undefined) return undefined
    if (shift === 1 && descriptorDigest === undefined) return undefined
    return {nickname, identity, descriptorDigest, published, ipv4: {address, port}, dirPort}
  }
}

function once<T>(known: Map<string, T>, line: string, parse: (line: string) => T): T {
  if (known.has(line)) return known.get(line) as T
  const value = parse(line)
  known.set(line, value)
  return value
}

function parseWeight(
  line: Item | undefined
): {readonly bandwidth: number | undefined; readonly isUnmeasured: boolean} | undefined {
  let bandwidth: number | undefined
  let isUnmeasured = false
  for (const argument of line?.args ?? []) {
    if (argument.startsWith('Bandwidth=')) {
      bandwidth = parseDecimal(argument.slice('Bandwidth='.length), 0, MAX_UINT32)
      if (bandwidth === undefined) return undefined
    } else if (argument === 'Unmeasured=1') {
      isUnmeasured = true
    }
  }
  return {bandwidth, isUnmeasured}
}
