// Text to Vote. In order: header, certificate, entries, footer, signature; the certificate stands in the header and says
// with which key the signature was made. A Vote is thus a proof that this authority said so; whether it is an authority
// that we know is for whoever collects votes.

import {toLatin1} from '../../bytes/octets.ts'
import {sha1} from '../../crypto/digest.ts'
import {ok, type Result} from '../../fault/result.ts'
import {MAX_INT32, parseBase64, parseDecimal, parseFingerprint} from '../argument.ts'
import {type AuthorityCert, parseAuthorityCert} from '../authority-cert.ts'
import type {SharedRandomValue} from '../consensus/consensus.ts'
import {parsePairs} from '../consensus/pairs.ts'
import {parseVoters} from '../consensus/voters.ts'
import {meaningFault, type NetdocFault, tokenizeFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {type CheckedItems, checkItems} from '../item-rules.ts'
import {parseProtocols} from '../protocols.ts'
import {holdsRsaSignature} from '../rsa-item.ts'
import {type DocumentInput, type DocumentSource, openDocument, sliceDocument} from '../source.ts'
import {splitDocuments} from '../split.ts'
import {parseTime} from '../time.ts'
import {tokenize} from '../tokenize.ts'
import {VOTE_FOOTER_RULES, VOTE_RULES} from './rules.ts'
import {parseCommit} from './shared-random-commit.ts'
import type {Vote, VoteContent, VotedProtocols, VotedRelay} from './vote.ts'
import {parseVotedRelay} from './voted-relay.ts'

type HeaderItems = CheckedItems<typeof VOTE_RULES>

/** More than an authority of the live network sends. */
export const MAX_VOTE_LENGTH = 16 * 1024 * 1024
const MAX_VOTES_LENGTH = 64 * 1024 * 1024
const MAX_KNOWN_FLAGS = 64
/** What C tor's readers demand of a testing network: shorter intervals, or delays, make a consensus nobody takes. */
const MIN_INTERVAL_MS = 10_000
const MIN_DELAY_SECONDS = 2
const SIGNATURE_START = 'directory-signature '

/** Parses and verifies one vote. */
export function parseVote(input: DocumentInput): Result<Vote, NetdocFault> {
  const source = openDocument(input, MAX_VOTE_LENGTH)
  return source.ok ? parse(source.value) : source
}

export interface Votes {
  readonly accepted: readonly Vote[]
  readonly refused: readonly NetdocFault[]
}

/** Votes that follow one another, as `/tor/status-vote/next/FP+FP` gives them. */
export function parseVotes(input: DocumentInput): Result<Votes, NetdocFault> {
  const source = openDocument(input, MAX_VOTES_LENGTH)
  if (!source.ok) return source
  const accepted: Vote[] = []
  const refused: NetdocFault[] = []
  for (const {start, end} of splitDocuments(source.value.text, ['network-status-version'])) {
    const vote = parseVote(sliceDocument(source.value, start, end).octets)
    if (vote.ok) accepted.push(vote.value)
    else refused.push(vote.fault)
  }
  return ok({accepted, refused})
}

function parse(source: DocumentSource): Result<Vote, NetdocFault> {
  // Texts of a vote go into the consensus as they are, where a reader might take this for the end of a line.
  if (source.text.includes('\r')) return tokenizeFault('bad-keyword')
  const tokens = tokenize(source.text)
  if (!tokens.ok) return tokens
  const parts = cut(tokens.value)
  const header = checkItems(VOTE_RULES, parts.header)
  if (!header.ok) return header
  if (parts.header[0]?.span.start !== 0) return tokenizeFault('bad-keyword')
  const content = parseContent(header.value)
  if (!content.ok) return content
  const cert = parseCertIn(source, parts.header)
  if (!cert.ok) return cert
  if (toLatin1(cert.value.identity) !== toLatin1(content.value.voter.identity)) {
    return meaningFault('mismatch', 'dir-source')
  }
  const relays = parseRelays(parts.entries, content.value.knownFlags)
  if (!relays.ok) return relays
  const digest = checkSignature(source, parts.footer, cert.value)
  if (!digest.ok) return digest
  return ok({
    ...content.value,
    cert: cert.value,
    relays: relays.value,
    digest: digest.value,
    octets: source.octets
  })
}

interface Parts {
  readonly header: readonly Item[]
  readonly entries: readonly (readonly Item[])[]
  readonly footer: readonly Item[]
}

function cut(items: readonly Item[]): Parts {
  const found = items.findIndex(({keyword}) => keyword === 'directory-footer')
  const footerStart = found < 0 ? items.length : found
  const starts: number[] = []
  for (let i = 0; i < footerStart; i++) if (items[i]?.keyword === 'r') starts.push(i)
  return {
    header: items.slice(0, starts[0] ?? footerStart),
    entries: starts.map((start, i) => items.slice(start, starts[i + 1] ?? footerStart)),
    footer: items.slice(footerStart)
  }
}

function parseContent(items: HeaderItems): Result<Omit<VoteContent, 'relays'>, NetdocFault> {
  const version = items.one('network-status-version')
  if (version.arg(0) !== '3' || (version.args[1] ?? 'ns') !== 'ns') {
    return meaningFault('not-supported', 'network-status-version')
  }
  if (items.one('vote-status').arg(0) !== 'vote') return meaningFault('not-supported', 'vote-status')
  const times = parseTimes(items)
  if (!times.ok) return times
  const knownFlags = items.one('known-flags').args
  if (knownFlags.length > MAX_KNOWN_FLAGS || !isAscending(knownFlags)) {
    return meaningFault('bad-argument', 'known-flags')
  }
  const paramsItem = items.optional('params')
  const params = parsePairs(paramsItem)
  if (params === undefined || !isAscending(paramsItem?.args ?? [])) {
    return meaningFault('bad-argument', 'params')
  }
  const protocols = parseProtocolLines(items)
  if (protocols === undefined) return meaningFault('bad-argument', 'recommended-client-protocols')
  const voters = parseVoters({
    sources: [items.one('dir-source')],
    contacts: [items.one('contact')],
    digests: []
  })
  if (!voters.ok) return voters
  const [voter] = voters.value
  if (voter === undefined) return meaningFault('bad-argument', 'dir-source')
  return ok({
    ...times.value,
    methods: items.one('consensus-methods').args.flatMap(text => parseDecimal(text, 1, MAX_INT32) ?? []),
    clientVersions: listOf(items.optional('client-versions')),
    serverVersions: listOf(items.optional('server-versions')),
    protocols,
    knownFlags,
    params,
    voter,
    sharedRandom: parseSharedRandom(items)
  })
}

function parseTimes(
  items: HeaderItems
): Result<
  Pick<VoteContent, 'published' | 'validAfter' | 'freshUntil' | 'validUntil' | 'votingDelay'>,
  NetdocFault
> {
  const published = parseTime(items.one('published').line)
  if (published === undefined) return meaningFault('bad-argument', 'published')
  const validAfter = parseTime(items.one('valid-after').line)
  if (validAfter === undefined) return meaningFault('bad-argument', 'valid-after')
  const freshUntil = parseTime(items.one('fresh-until').line)
  if (freshUntil === undefined || Number(freshUntil) < Number(validAfter) + MIN_INTERVAL_MS) {
    return meaningFault('bad-argument', 'fresh-until')
  }
  const validUntil = parseTime(items.one('valid-until').line)
  if (validUntil === undefined || Number(validUntil) < Number(validAfter) + 2 * MIN_INTERVAL_MS) {
    return meaningFault('bad-argument', 'valid-until')
  }
  const delay = items.one('voting-delay')
  const voteSeconds = parseDecimal(delay.arg(0), MIN_DELAY_SECONDS, MAX_INT32)
  const distSeconds = parseDecimal(delay.arg(1), MIN_DELAY_SECONDS, MAX_INT32)
  if (voteSeconds === undefined || distSeconds === undefined) {
    return meaningFault('bad-argument', 'voting-delay')
  }
  return ok({published, validAfter, freshUntil, validUntil, votingDelay: {voteSeconds, distSeconds}})
}

/** Strictly: nothing stands twice. */
function isAscending(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || (texts[i - 1] as string) < text)
}

function parseProtocolLines(items: HeaderItems): VotedProtocols | undefined {
  const protocols = {
    recommendedClient: items.optional('recommended-client-protocols')?.line,
    recommendedRelay: items.optional('recommended-relay-protocols')?.line,
    requiredClient: items.optional('required-client-protocols')?.line,
    requiredRelay: items.optional('required-relay-protocols')?.line
  }
  const isReadable = (line: string | undefined) => line === undefined || parseProtocols(line) !== undefined
  return Object.values(protocols).every(isReadable) ? protocols : undefined
}

function listOf(item: Item | undefined): readonly string[] | undefined {
  return item?.line
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
}

/** Commits that cannot be read are passed over: the rest of the vote is none the worse. */
function parseSharedRandom(items: HeaderItems): VoteContent['sharedRandom'] {
  if (!items.has('shared-rand-participate')) return undefined
  return {
    commits: items.all('shared-rand-commit').flatMap(({args}) => parseCommit(args) ?? []),
    previous: parseSharedRandomValue(items.optional('shared-rand-previous-value')),
    current: parseSharedRandomValue(items.optional('shared-rand-current-value'))
  }
}

function parseSharedRandomValue(item: Item | undefined): SharedRandomValue | undefined {
  if (item === undefined) return undefined
  const reveals = parseDecimal(item.arg(0), 0, MAX_INT32)
  const value = parseBase64(item.arg(1), 32)
  return reveals === undefined || value === undefined ? undefined : {reveals, value}
}

function parseCertIn(source: DocumentSource, header: readonly Item[]): Result<AuthorityCert, NetdocFault> {
  const first = header.find(({keyword}) => keyword === 'dir-key-certificate-version')
  const last = header.find(({keyword}) => keyword === 'dir-key-certification')
  if (first === undefined || last === undefined || last.span.start < first.span.start) {
    return meaningFault('bad-certificate', 'dir-key-certificate-version')
  }
  return parseAuthorityCert(sliceDocument(source, first.span.start, last.span.end).octets)
}

function parseRelays(
  entries: readonly (readonly Item[])[],
  knownFlags: readonly string[]
): Result<readonly VotedRelay[], NetdocFault> {
  const known = new Set(knownFlags)
  const relays: VotedRelay[] = []
  const keys = new Set<string>()
  let previous = ''
  for (const entry of entries) {
    const relay = parseVotedRelay(entry, known)
    if (!relay.ok) return relay
    const identity = toLatin1(relay.value.identity)
    if (identity <= previous && relays.length > 0) return meaningFault('bad-argument', 'r')
    previous = identity
    const {ed25519} = relay.value
    if (ed25519 instanceof Uint8Array) {
      const key = toLatin1(ed25519)
      if (keys.has(key)) return meaningFault('bad-key', 'id')
      keys.add(key)
    }
    relays.push(relay.value)
  }
  return ok(relays)
}

/** The vote's digest, when its one signature is by the certified key over it. */
function checkSignature(
  source: DocumentSource,
  footer: readonly Item[],
  cert: AuthorityCert
): Result<Uint8Array, NetdocFault> {
  const checked = checkItems(VOTE_FOOTER_RULES, footer)
  if (!checked.ok) return checked
  const [signature, second] = checked.value.all('directory-signature')
  if (signature === undefined || second !== undefined || footer.at(-1) !== signature) {
    return meaningFault('bad-argument', 'directory-signature')
  }
  if (!source.text.startsWith(SIGNATURE_START, signature.span.start)) {
    return meaningFault('bad-argument', 'directory-signature')
  }
  const named = signature.args.length > 2
  if (named && signature.arg(0) !== 'sha1') return meaningFault('not-supported', 'directory-signature')
  const identity = parseFingerprint(signature.arg(named ? 1 : 0))
  const signingKey = parseFingerprint(signature.arg(named ? 2 : 1))
  if (identity === undefined || signingKey === undefined) {
    return meaningFault('bad-argument', 'directory-signature')
  }
  if (toLatin1(identity) !== toLatin1(cert.identity)) return meaningFault('mismatch', 'directory-signature')
  const digest = sha1(source.octets.subarray(0, signature.span.start + SIGNATURE_START.length))
  return holdsRsaSignature(cert.signingKey, signature.body, digest)
    ? ok(digest)
    : meaningFault('bad-signature', 'directory-signature')
}
