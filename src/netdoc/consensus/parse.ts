// Text to Consensus. The items are cut at the first `r` line and at the footer; the header is read first, since it says
// which flavour the entries have, then the entries in order, then the footer. Nothing here trusts a signature: the result
// is a claim until `verifyConsensus` has looked at it.

import {toLatin1} from '../../bytes/octets.ts'
import {ok, type Result} from '../../fault/result.ts'
import {meaningFault, type NetdocFault, tokenizeFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {checkItems} from '../item-rules.ts'
import {type DocumentInput, openDocument} from '../source.ts'
import {tokenize} from '../tokenize.ts'
import type {Consensus, ConsensusFlavour, RelayStatus} from './consensus.ts'
import {parseHeader} from './header.ts'
import {parsePairs} from './pairs.ts'
import {RelayStatusParser} from './relay-status.ts'
import {FOOTER_RULES} from './rules.ts'
import {parseSignatures} from './signatures.ts'

/** About ten times the live network's consensus. */
export const MAX_CONSENSUS_LENGTH = 32 * 1024 * 1024

const SIGNATURE_START = 'directory-signature '

/** Parses a consensus of one flavour; one of the other flavour is refused. dir-spec 3.4 and 3.9. */
export function parseConsensus(
  input: DocumentInput,
  flavour: ConsensusFlavour
): Result<Consensus, NetdocFault> {
  const source = openDocument(input, MAX_CONSENSUS_LENGTH)
  if (!source.ok) return source
  const tokens = tokenize(source.value.text)
  if (!tokens.ok) return tokens
  const parts = cut(tokens.value)
  const header = parseHeader(parts.header, flavour)
  if (!header.ok) return header
  if (parts.header[0]?.span.start !== 0) return tokenizeFault('bad-keyword')
  const relays = parseRelays(parts.entries, flavour)
  if (!relays.ok) return relays
  const footer = checkItems(FOOTER_RULES, parts.footer)
  if (!footer.ok) return footer
  const signatureItems = footer.value.all('directory-signature')
  const firstSignature = parts.footer.findIndex(item => item.keyword === 'directory-signature')
  if (parts.footer.length - firstSignature !== signatureItems.length) {
    return meaningFault('bad-argument', 'directory-signature')
  }
  const signatureStart = parts.footer[firstSignature]?.span.start ?? 0
  if (!source.value.text.startsWith(SIGNATURE_START, signatureStart)) {
    return meaningFault('bad-argument', 'directory-signature')
  }
  const weights = parsePairs(footer.value.optional('bandwidth-weights'))
  if (weights === undefined) return meaningFault('bad-argument', 'bandwidth-weights')
  const signatures = parseSignatures(signatureItems, header.value.voters)
  if (!signatures.ok) return signatures
  return ok({
    ...header.value,
    flavour,
    relays: relays.value,
    bandwidthWeights: weights,
    signatures: signatures.value,
    octets: source.value.octets,
    signedLength: signatureStart + SIGNATURE_START.length
  })
}

interface Parts {
  readonly header: readonly Item[]
  readonly entries: readonly (readonly Item[])[]
  readonly footer: readonly Item[]
}

function cut(items: readonly Item[]): Parts {
  const isFooter = (item: Item) =>
    item.keyword === 'directory-footer' || item.keyword === 'directory-signature'
  const found = items.findIndex(isFooter)
  const footerStart = found < 0 ? items.length : found
  const starts: number[] = []
  for (let i = 0; i < footerStart; i++) if (items[i]?.keyword === 'r') starts.push(i)
  return {
    header: items.slice(0, starts[0] ?? footerStart),
    entries: starts.map((start, i) => items.slice(start, starts[i + 1] ?? footerStart)),
    footer: items.slice(footerStart)
  }
}

function parseRelays(
  entries: readonly (readonly Item[])[],
  flavour: ConsensusFlavour
): Result<readonly RelayStatus[], NetdocFault> {
  const parser = new RelayStatusParser(flavour)
  const relays: RelayStatus[] = []
  let previous = ''
  for (const entry of entries) {
    const relay = parser.parse(entry)
    if (!relay.ok) return relay
    // Ascending and unique, so that an entry can be found and none can be given twice.
    const identity = toLatin1(relay.value.identity)
    if (identity <= previous && relays.length > 0) return meaningFault('bad-argument', 'r')
    previous = identity
    relays.push(relay.value)
  }
  return ok(relays)
}
