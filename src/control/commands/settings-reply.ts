// How a change of settings is answered.

import type {Result} from '../../fault/result.ts'
import type {SettingLine, SettingsFault} from '../node.ts'
import {DONE, type Reply, reply, Status} from '../reply.ts'
import {decodeUtf8, type Word} from '../words.ts'

const ANSWERS: Readonly<Record<SettingsFault['code'], readonly [number, string]>> = {
  'unknown-option': [Status.UNKNOWN_THING, 'Unrecognized option'],
  'bad-value': [Status.BAD_VALUE, 'Unacceptable option value'],
  'refused-transition': [Status.REFUSED_VALUE, 'Transition not allowed'],
  unwritable: [Status.INTERNAL, 'Unable to write configuration to disk']
}

export function settingsReply(result: Result<undefined, SettingsFault>): Reply {
  if (result.ok) return DONE
  const [status, what] = ANSWERS[result.fault.code]
  return reply(status, `${what}: ${result.fault.data?.message ?? result.fault.code}`)
}

/** `Key`, `Key=value`, `Key="value"`; undefined for what is none of these. */
export function settingLines(words: readonly Word[]): readonly SettingLine[] | undefined {
  const lines: SettingLine[] = []
  for (const {key, value, text, isQuoted} of words) {
    if (key === undefined && (isQuoted || !/^[\w+/]+$/.test(text))) return undefined
    lines.push(key === undefined ? {name: text, value: undefined} : {name: key, value: decodeUtf8(value)})
  }
  return lines
}
