// One relay of a consensus, from the entries that the votes have about it (dir-spec 3.8): the descriptor that most name,
// flags and bandwidth by the votes of all who list the relay.

import {equal} from '../../../bytes/octets.ts'
import type {AddressPort} from '../../../netdoc/address.ts'
import type {AgreedRelay} from '../../../netdoc/consensus/print.ts'
import {compareTorVersions} from '../../../netdoc/tor-version.ts'
import type {VotedRelay} from '../../../netdoc/vote/vote.ts'
import type {CollatedRelay} from './collate.ts'
import {compareTexts, lowMedian, mostFrequent, mostFrequentText} from './tally.ts'

export interface RelayRules {
  readonly method: number
  readonly authorityCount: number
  /** All flags that any vote knows, and NoEdConsensus, sorted. */
  readonly flags: readonly string[]
  /** How many votes know each flag. */
  readonly knownBy: ReadonlyMap<string, number>
  /** Bandwidth that nobody measured counts for no more than this once three authorities measure; undefined: no limit. */
  readonly maxUnmeasured: number | undefined
}

/** More votes than this make measured bandwidth count. */
const MEASURED_VOTES = 2
const NO_ED_CONSENSUS = 'NoEdConsensus'
/** What a relay that is for the middle alone cannot be (method 32). */
const NOT_IN_THE_MIDDLE = new Set(['Exit', 'Guard', 'HSDir', 'V2Dir'])

/** Undefined for a relay that the consensus leaves out: listed by too few, or not running, or not valid. */
export function agreeOnRelay(relay: CollatedRelay, rules: RelayRules): AgreedRelay | undefined {
  const entries = relay.entries.filter(entry => entry !== undefined)
  if (entries.length <= Math.floor(rules.authorityCount / 2)) return undefined
  const flags = agreeOnFlags(entries, relay.agreeOnEd25519, rules)
  if (!flags.includes('Running') || !flags.includes('Valid')) return undefined
  const chosen = chooseDescriptor(entries)
  if (chosen === undefined) return undefined
  const same = entries.filter(entry => compareEntries(entry, chosen) === 0)
  const {nickname, identity, descriptorDigest, published, ipv4, dirPort} = chosen
  return {
    nickname,
    identity,
    descriptorDigest,
    published,
    ipv4,
    dirPort,
    ipv6: chooseIpv6(same),
    microdescriptorDigest: chooseMicrodescriptor(same, rules.method),
    flags,
    version: chooseVersion(entries),
    protocols: mostFrequentText(entries.map(entry => entry.protocols)),
    ...agreeOnBandwidth(entries, rules),
    policy: choosePolicy(entries, descriptorDigest)
  }
}

function agreeOnFlags(
  entries: readonly VotedRelay[],
  agreeOnEd25519: number,
  {flags, knownBy, authorityCount}: RelayRules
): readonly string[] {
  const chosen = flags.filter(flag => {
    if (flag === NO_ED_CONSENSUS) return agreeOnEd25519 <= Math.floor(authorityCount / 2)
    const votes = entries.filter(entry => entry.flags.has(flag)).length
    return votes > Math.floor((knownBy.get(flag) ?? 0) / 2)
  })
  if (!chosen.includes('MiddleOnly')) return chosen
  const kept = chosen.filter(flag => !NOT_IN_THE_MIDDLE.has(flag))
  if (kept.includes('BadExit') || !flags.includes('BadExit')) return kept
  return [...kept, 'BadExit'].sort(compareTexts)
}

/** The entry whose descriptor most name; of several the newest, of those the one with the smallest digest. */
function chooseDescriptor(entries: readonly VotedRelay[]): VotedRelay | undefined {
  const sorted = entries.toSorted(compareEntries)
  let best: VotedRelay | undefined
  let bestCount = 0
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] as VotedRelay
    let end = i + 1
    while (end < sorted.length && compareEntries(first, sorted[end] as VotedRelay) === 0) end++
    const count = end - i
    const isNewer = best === undefined || first.published > best.published
    if (count > bestCount || (count === bestCount && isNewer)) {
      best = first
      bestCount = count
    }
    i = end
  }
  return best
}

/** Zero for entries that say the same of the relay's descriptor and of what is derived from it. */
function compareEntries(a: VotedRelay, b: VotedRelay): number {
  return (
    Buffer.compare(a.descriptorDigest, b.descriptorDigest) ||
    Number(b.published) - Number(a.published) ||
    compareTexts(b.nickname, a.nickname) ||
    Buffer.compare(a.ipv4.address, b.ipv4.address) ||
    b.ipv4.port - a.ipv4.port ||
    b.dirPort - a.dirPort
  )
}

function chooseIpv6(entries: readonly VotedRelay[]): AddressPort | undefined {
  const compare = (a: AddressPort, b: AddressPort) => Buffer.compare(a.address, b.address) || b.port - a.port
  const given = entries.flatMap(({ipv6}) => (ipv6 === undefined || ipv6.port === 0 ? [] : [ipv6]))
  return mostFrequent(given.sort(compare), (a, b) => compare(a, b) === 0)
}

function chooseMicrodescriptor(entries: readonly VotedRelay[], method: number): Uint8Array | undefined {
  const digests = entries.flatMap(entry => {
    const found = entry.microdescriptors.findLast(({methods}) => methods.includes(method))
    return found === undefined ? [] : [found.digest]
  })
  return mostFrequent(digests.sort(Buffer.compare), equal)
}

function chooseVersion(entries: readonly VotedRelay[]): string | undefined {
  const versions = entries.flatMap(({version}) => (version ? [version] : []))
  return mostFrequent(versions.sort(compareTorVersions), (a, b) => a === b)
}

function agreeOnBandwidth(
  entries: readonly VotedRelay[],
  {maxUnmeasured}: RelayRules
): Pick<AgreedRelay, 'bandwidth' | 'isUnmeasured'> {
  const measured = entries.flatMap(entry => entry.measured ?? [])
  if (measured.length > MEASURED_VOTES) return {bandwidth: lowMedian(measured), isUnmeasured: false}
  const advertised = entries.flatMap(entry => entry.bandwidth ?? [])
  if (advertised.length === 0) return {bandwidth: undefined, isUnmeasured: false}
  const bandwidth = lowMedian(advertised)
  return {bandwidth: Math.min(bandwidth, maxUnmeasured ?? bandwidth), isUnmeasured: true}
}

/** Of those who name the chosen descriptor; where none of them tells a policy, of all. */
function choosePolicy(entries: readonly VotedRelay[], descriptorDigest: Uint8Array): string | undefined {
  const policies = (of: readonly VotedRelay[]) => of.flatMap(({policy}) => policy ?? [])
  const same = policies(entries.filter(entry => equal(entry.descriptorDigest, descriptorDigest)))
  return mostFrequentText(same.length > 0 ? same : policies(entries))
}
