// The inner layer of an onion service descriptor (rend-spec-v3 2.5.2): how the service wants to be talked to, and where it
// can be met. An introduction point that cannot be read is passed over, for it may be of a kind yet to come.

import {ok, type Result} from '../../fault/result.ts'
import {MAX_UINT32, parseBase64, parseDecimal} from '../argument.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {checkItems, type ItemRules} from '../item-rules.ts'
import {parseProtocols} from '../protocols.ts'
import {openDocument} from '../source.ts'
import {splitDocuments} from '../split.ts'
import {parseTime} from '../time.ts'
import {tokenize} from '../tokenize.ts'
import {
  type HsDescriptorContent,
  type HsFlowControl,
  type HsIntroductionPoint,
  type HsPowParams,
  MAX_INTRODUCTION_POINTS
} from './hs-descriptor.ts'
import {parseIntroductionPoint} from './introduction-point.ts'

const RULES = {
  'create2-formats': {count: 'once', args: 1, position: 0},
  'intro-auth-required': {count: 'at-most-once', args: 1},
  'single-onion-service': {count: 'at-most-once'},
  'flow-control': {count: 'at-most-once', args: 2},
  'pow-params': {count: 'any', args: 1}
} as const satisfies ItemRules

const MAX_LENGTH = 128 * 1024
const NTOR = '2'
const SEED_LENGTH = 32

/**
 * @param octets without their padding
 * @param signingKey of the descriptor
 */
export function parseInnerLayer(
  octets: Uint8Array,
  signingKey: Uint8Array
): Result<HsDescriptorContent, NetdocFault> {
  const source = openDocument(octets, MAX_LENGTH)
  if (!source.ok) return source
  const {text} = source.value
  const tokens = tokenize(text)
  if (!tokens.ok) return tokens
  const checked = checkItems(RULES, tokens.value)
  if (!checked.ok) return checked
  const items = checked.value
  if (!items.one('create2-formats').args.includes(NTOR))
    return meaningFault('not-supported', 'create2-formats')
  const authTypes = items.optional('intro-auth-required')?.args
  if (authTypes !== undefined && !authTypes.includes('ed25519')) {
    return meaningFault('not-supported', 'intro-auth-required')
  }
  const flowControlItem = items.optional('flow-control')
  const flowControl = flowControlItem && readFlowControl(flowControlItem)
  if (flowControlItem !== undefined && flowControl === undefined) {
    return meaningFault('bad-argument', 'flow-control')
  }
  // Of several the first of a version counts; other versions are for others.
  const powItem = items.all('pow-params').find(item => item.arg(0) === 'v1')
  const powParams = powItem && readPowParams(powItem)
  if (powItem !== undefined && powParams === undefined) return meaningFault('bad-argument', 'pow-params')
  const introductionPoints = readIntroductionPoints(text, signingKey)
  if (introductionPoints.length > MAX_INTRODUCTION_POINTS) {
    return meaningFault('bad-argument', 'introduction-point')
  }
  return ok({isSingleOnion: items.has('single-onion-service'), flowControl, powParams, introductionPoints})
}

function readFlowControl(item: Item): HsFlowControl | undefined {
  const protocols = parseProtocols(`FlowCtrl=${item.arg(0)}`)
  const sendmeIncrement = parseDecimal(item.arg(1), 1, 255)
  return protocols === undefined || sendmeIncrement === undefined ? undefined : {protocols, sendmeIncrement}
}

function readPowParams(item: Item): HsPowParams | undefined {
  const seed = parseBase64(item.arg(1), SEED_LENGTH)
  const suggestedEffort = parseDecimal(item.arg(2), 0, MAX_UINT32)
  const expiresAt = parseTime(item.arg(3).replace('T', ' '))
  if (seed === undefined || suggestedEffort === undefined || expiresAt === undefined) return undefined
  return {seed, suggestedEffort, expiresAt}
}

function readIntroductionPoints(text: string, signingKey: Uint8Array): HsIntroductionPoint[] {
  const points: HsIntroductionPoint[] = []
  // One more than allowed is enough to know that there are too many.
  for (const {start, end} of splitDocuments(text, ['introduction-point'])) {
    if (points.length > MAX_INTRODUCTION_POINTS) break
    const tokens = tokenize(text, start, end)
    const point = tokens.ok ? parseIntroductionPoint(tokens.value, signingKey) : tokens
    if (point.ok) points.push(point.value)
  }
  return points
}
