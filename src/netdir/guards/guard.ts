// One entry guard and the line by which C tor's state file remembers it: `Guard in=default rsa_id=… nickname=… …`.

import {formatTime, parseTime} from '../../netdoc/time.ts'

export interface Guard {
  /** 40 hexadecimal digits in upper case. */
  readonly fingerprint: string
  readonly nickname: string
  /** When it came into the sample; somewhat in the past, so that the file does not tell when we first ran. */
  readonly sampledOn: Date
  /** Version of the software that took it. */
  readonly sampledBy: string
  /** First used with success, somewhat in the past. */
  confirmedOn: Date | undefined
  /** Since when the consensus has it no more as a guard. */
  unlistedSince: Date | undefined
  /** What is not remembered over a restart. */
  state: 'unknown' | 'reachable' | 'unreachable'
  failingSinceMs: number
  triedAtMs: number
}

const FINGERPRINT = /^[0-9A-Fa-f]{40}$/
const SELECTION = 'default'

/** Undefined for a line of another selection, or one that makes no sense. */
export function parseGuard(line: string): Guard | undefined {
  const fields = new Map(
    line.split(' ').flatMap(word => {
      const equals = word.indexOf('=')
      return equals < 1 ? [] : [[word.slice(0, equals), word.slice(equals + 1)] as const]
    })
  )
  const time = (name: string) => parseTime((fields.get(name) ?? '').replace('T', ' '))
  const fingerprint = fields.get('rsa_id') ?? ''
  const sampledOn = time('sampled_on')
  if (fields.get('in') !== SELECTION || !FINGERPRINT.test(fingerprint) || sampledOn === undefined)
    return undefined
  return {
    fingerprint: fingerprint.toUpperCase(),
    nickname: fields.get('nickname') ?? '',
    sampledOn,
    sampledBy: fields.get('sampled_by') ?? '',
    confirmedOn: time('confirmed_on'),
    unlistedSince: time('unlisted_since'),
    state: 'unknown',
    failingSinceMs: 0,
    triedAtMs: 0
  }
}

/** The lines of a sample in its order; `confirmed` are those of it that are, in theirs. */
export function printGuards(sample: readonly Guard[], confirmed: readonly Guard[]): string[] {
  return sample.map((guard, i) => {
    const place = confirmed.indexOf(guard)
    return [
      `in=${SELECTION}`,
      `rsa_id=${guard.fingerprint}`,
      ...(guard.nickname === '' ? [] : [`nickname=${guard.nickname}`]),
      `sampled_on=${isoTime(guard.sampledOn)}`,
      `sampled_idx=${i}`,
      ...(guard.sampledBy === '' ? [] : [`sampled_by=${guard.sampledBy}`]),
      ...(guard.unlistedSince === undefined ? [] : [`unlisted_since=${isoTime(guard.unlistedSince)}`]),
      `listed=${guard.unlistedSince === undefined ? 1 : 0}`,
      ...(guard.confirmedOn === undefined
        ? []
        : [`confirmed_on=${isoTime(guard.confirmedOn)}`, `confirmed_idx=${place}`])
    ].join(' ')
  })
}

function isoTime(time: Date): string {
  return formatTime(time).replace(' ', 'T')
}
