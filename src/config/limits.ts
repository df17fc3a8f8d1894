// What a value may be beyond its type, as one schema over the values by option name, so that a violation names its option.
// Numbers are C tor's where a network of C tor depends on them.

import {z} from 'zod'
import type {OptionValuesByName, RelayOptionName} from './options.ts'

/** A relay slower than this, in octets a second, is no use to the network (C tor refuses it too). */
const LEAST_BANDWIDTH = 75 * 1024
/** The descriptor's bandwidth numbers are signed 32-bit. "2 GB", one more, is taken as this. */
export const MOST_BANDWIDTH = 2 ** 31 - 1

const rate = z.number().max(MOST_BANDWIDTH + 1, `must be at most ${MOST_BANDWIDTH} bytes a second`)
const enough = rate.min(LEAST_BANDWIDTH, `must be at least ${LEAST_BANDWIDTH} bytes a second`)
const noneOrEnough = rate.refine(
  value => value === 0 || value >= LEAST_BANDWIDTH,
  `must be at least ${LEAST_BANDWIDTH} bytes a second, or 0 for none`
)
const printable = z
  .string()
  .refine(text => !/\p{Cc}/u.test(text), 'must stand on one line and hold no control characters')
  .refine(text => !text.includes('\ufffd'), 'must be UTF-8')

const schema = z.object({
  Nickname: z.string().regex(/^[A-Za-z0-9]{1,19}$/, 'must be 1 to 19 characters of a-z, A-Z and 0-9'),
  ContactInfo: printable.optional(),
  BandwidthRate: enough,
  BandwidthBurst: enough,
  RelayBandwidthRate: noneOrEnough,
  RelayBandwidthBurst: noneOrEnough,
  MaxAdvertisedBandwidth: rate.min(
    LEAST_BANDWIDTH / 2,
    `must be at least ${LEAST_BANDWIDTH / 2} bytes a second`
  ),
  PerConnBWRate: rate,
  PerConnBWBurst: rate,
  KISTSchedRunInterval: z.number().max(100, 'must be at most 100 msec'),
  KISTSockBufSizeFactor: z.number().min(0, 'must be at least 0').max(1e6, 'must be at most 1000000'),
  TokenBucketRefillInterval: z
    .number()
    .min(1, 'must be from 1 to 1000 msec')
    .max(1000, 'must be from 1 to 1000 msec'),
  AccountingRule: z.enum(['sum', 'max', 'in', 'out'], "must be 'sum', 'max', 'in' or 'out'"),
  LogTimeGranularity: z.number().min(1, 'must be more than 0'),
  LogFormat: z.enum(['text', 'json'], 'must be text or json'),
  SafeLogging: z.enum(['0', '1', 'relay'], 'must be 0, 1 or relay'),
  KeepalivePeriod: z.number().min(1000, 'must be at least 1 second'),
  ConnLimit: z.number().min(32, 'must be at least 32'),
  NumCPUs: z.number().max(1024, 'must be at most 1024'),
  ExitRelay: z.union([z.literal(false), z.literal('auto')], 'must be 0: ramson has no exit role'),
  ReducedExitPolicy: z.literal(false, 'must be 0: ramson has no exit role'),
  IPv6Exit: z.literal(false, 'must be 0: ramson has no exit role'),
  BridgeRelay: z.literal(false, 'must be 0: ramson has no bridge role')
})

export interface LimitViolation {
  readonly option: RelayOptionName
  readonly message: string
}

/** The first value out of its limits, if any. */
export function limitViolation(values: OptionValuesByName): LimitViolation | undefined {
  const checked = schema.safeParse(values)
  const issue = checked.success ? undefined : checked.error.issues[0]
  if (issue === undefined) return undefined
  const option = String(issue.path[0]) as RelayOptionName
  return {option, message: `${option} ${issue.message}.`}
}
