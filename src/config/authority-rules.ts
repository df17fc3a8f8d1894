// What a directory authority's settings must be so that there is a network: private, reachable, and voting at a pace at
// which others can follow. The limits of the pace are C tor's, since relays and clients refuse what is beyond them.

import {parseConsensusParams} from './authority-config.ts'
import {type DirAuthority, mayBePublic} from './dir-authority.ts'
import type {OptionValuesByName, RelayOptionName} from './options.ts'

export interface BrokenRule {
  readonly option: RelayOptionName
  readonly message: string
}

const SECOND = 1000
const DAY = 86_400 * SECOND

/** The first rule that is broken; undefined also for whoever is no authority. */
export function brokenAuthorityRule(
  values: OptionValuesByName,
  dirAuthorities: readonly DirAuthority[]
): BrokenRule | undefined {
  if (!values.AuthoritativeDirectory && !values.V3AuthoritativeDirectory) return undefined
  return (
    isPrivate(values, dirAuthorities) ?? isComplete(values) ?? isPaceable(values) ?? hasGoodNumbers(values)
  )
}

function isPrivate(
  values: OptionValuesByName,
  dirAuthorities: readonly DirAuthority[]
): BrokenRule | undefined {
  const option = 'AuthoritativeDirectory'
  if (!values.AuthoritativeDirectory || !values.V3AuthoritativeDirectory) {
    const message =
      'AuthoritativeDirectory 1 and V3AuthoritativeDirectory 1 belong together: ramson knows no other kind of authority.'
    return {option, message}
  }
  const isPublic = dirAuthorities.some(authority => mayBePublic(authority, values.TestingTorNetwork))
  if (dirAuthorities.length > 0 && !isPublic) return undefined
  const message =
    'ramson is a directory authority for private networks alone: list the authorities of yours as DirAuthority lines, on ' +
    'private addresses or with TestingTorNetwork 1.'
  return {option, message}
}

function isComplete(values: OptionValuesByName): BrokenRule | undefined {
  if (values.DirPort.every(line => line.value === '0')) {
    return {option: 'DirPort', message: 'A directory authority needs a DirPort for what relays upload.'}
  }
  if (values.Address.length > 0) return undefined
  return {option: 'Address', message: 'A directory authority needs an Address, which its votes name.'}
}

function isPaceable(values: OptionValuesByName): BrokenRule | undefined {
  const isTesting = values.TestingTorNetwork
  const interval = values.V3AuthVotingInterval
  const least = (isTesting ? 10 : 300) * SECOND
  if (interval < least || interval > DAY || DAY % interval !== 0) {
    const message = `V3AuthVotingInterval must be ${least / SECOND} seconds or more and divide a day evenly.`
    return {option: 'V3AuthVotingInterval', message}
  }
  const delays = [values.V3AuthVoteDelay, values.V3AuthDistDelay]
  if (delays.some(delay => delay < 2 * SECOND) || sum(delays) >= interval / 2) {
    const message =
      'V3AuthVoteDelay and V3AuthDistDelay must be 2 seconds or more each, and less than half of V3AuthVotingInterval together.'
    return {option: 'V3AuthVoteDelay', message}
  }
  if (values.V3AuthNIntervalsValid < 2) {
    return {option: 'V3AuthNIntervalsValid', message: 'V3AuthNIntervalsValid must be at least 2.'}
  }
  const initial = values.TestingV3AuthInitialVotingInterval
  const initialDelays = [values.TestingV3AuthInitialVoteDelay, values.TestingV3AuthInitialDistDelay]
  if (initial < 5 * SECOND || (1800 * SECOND) % initial !== 0) {
    const message =
      'TestingV3AuthInitialVotingInterval must be 5 seconds or more and divide half an hour evenly.'
    return {option: 'TestingV3AuthInitialVotingInterval', message}
  }
  if (initialDelays.some(delay => delay < 2 * SECOND) || sum(initialDelays) >= initial) {
    const message =
      'TestingV3AuthInitialVoteDelay and TestingV3AuthInitialDistDelay must be 2 seconds or more each, and less than the ' +
      'initial interval together.'
    return {option: 'TestingV3AuthInitialVoteDelay', message}
  }
  if (values.TestingV3AuthVotingStartOffset > Math.min(initial, interval)) {
    const message = 'TestingV3AuthVotingStartOffset must be no longer than the voting intervals.'
    return {option: 'TestingV3AuthVotingStartOffset', message}
  }
  return undefined
}

function hasGoodNumbers(values: OptionValuesByName): BrokenRule | undefined {
  if (parseConsensusParams(values.ConsensusParams) === undefined) {
    const message = 'ConsensusParams wants name=number words, each name once.'
    return {option: 'ConsensusParams', message}
  }
  for (const option of ['AuthDirVoteGuardGuaranteeWFU', 'AuthDirVoteGuardBwThresholdFraction'] as const) {
    if (values[option] < 0 || values[option] > 1) {
      return {option, message: `${option} must be a number from 0 to 1.`}
    }
  }
  return undefined
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
