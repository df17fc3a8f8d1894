// What the header of a consensus says, from those of the votes (dir-spec 3.8): times and delays by median, versions and
// parameters and subprotocols by majority.

import {Protocols, parseProtocols, printProtocols} from '../../../netdoc/protocols.ts'
import {compareTorVersions} from '../../../netdoc/tor-version.ts'
import type {Vote, VotedProtocols} from '../../../netdoc/vote/vote.ts'
import {compareTexts, frequent, lowMedian} from './tally.ts'

/** A parameter is in force once so many vote for it, even if they are no majority (proposal 178). */
const VOTES_FOR_PARAM = 3
const MAX_PROTOCOL_VERSION = 63

/** The highest method that more than two thirds of the voters know; 1 where they have none in common. */
export function chooseMethod(votes: readonly Vote[]): number {
  const methods = votes.flatMap(vote => [...new Set(vote.methods)]).sort((a, b) => a - b)
  return Number(frequent(methods.map(String), Math.floor((votes.length * 2) / 3)).at(-1) ?? 1)
}

export function agreeOnTimes(votes: readonly Vote[]) {
  const median = (pick: (vote: Vote) => Date) => new Date(lowMedian(votes.map(vote => Number(pick(vote)))))
  return {
    validAfter: median(vote => vote.validAfter),
    freshUntil: median(vote => vote.freshUntil),
    validUntil: median(vote => vote.validUntil),
    votingDelay: {
      voteSeconds: lowMedian(votes.map(vote => vote.votingDelay.voteSeconds)),
      distSeconds: lowMedian(votes.map(vote => vote.votingDelay.distSeconds))
    }
  }
}

/** Versions that more than half of those who recommend any recommend, oldest first. */
export function agreeOnVersions(lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  const given = lists.filter(list => list !== undefined)
  const all = given.flatMap(list => [...new Set(list)]).sort(compareTorVersions)
  return frequent(all, Math.floor(given.length / 2))
}

/** `NAME=VALUE` each, sorted; the value is the median of those voted for. */
export function agreeOnParams(votes: readonly Vote[], authorityCount: number): ReadonlyMap<string, number> {
  const byName = new Map<string, number[]>()
  for (const {params} of votes) {
    for (const [name, value] of params) byName.set(name, [...(byName.get(name) ?? []), value])
  }
  const needed = Math.min(Math.floor(authorityCount / 2) + 1, VOTES_FOR_PARAM)
  return new Map(
    [...byName]
      .filter(([, values]) => values.length >= needed)
      .map(([name, values]) => [name, lowMedian(values)] as const)
      .sort(([a], [b]) => compareTexts(`${a}=`, `${b}=`))
  )
}

/** Of the public parts of the votes' recommendations those that enough vote for; requiring takes more than recommending. */
export function agreeOnProtocols(
  votes: readonly Vote[],
  authorityCount: number
): Record<keyof VotedProtocols, string> {
  const half = Math.ceil(authorityCount / 2)
  const twoThirds = Math.ceil((authorityCount * 2) / 3)
  const agree = (name: keyof VotedProtocols, needed: number) =>
    agreeOnProtocolList(
      votes.map(vote => vote.protocols[name]),
      needed
    )
  return {
    recommendedClient: agree('recommendedClient', half),
    recommendedRelay: agree('recommendedRelay', half),
    requiredClient: agree('requiredClient', twoThirds),
    requiredRelay: agree('requiredRelay', twoThirds)
  }
}

function agreeOnProtocolList(texts: readonly (string | undefined)[], needed: number): string {
  const lists = texts.flatMap(text => (text === undefined ? [] : (parseProtocols(text) ?? [])))
  const names = [...new Set(lists.flatMap(list => list.names))].sort(compareTexts)
  const masks = new Map<string, [number, number]>()
  for (const name of names) {
    const mask: [number, number] = [0, 0]
    for (let version = 0; version <= MAX_PROTOCOL_VERSION; version++) {
      const count = lists.filter(list => list.supports(name, version)).length
      if (count >= needed) mask[version < 32 ? 0 : 1] |= 1 << (version & 31)
    }
    masks.set(name, mask)
  }
  return printProtocols(new Protocols(masks))
}
