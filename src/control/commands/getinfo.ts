// GETINFO (control-spec 3.9): every key is answered, or none is.

import {findInfo} from '../info/table.ts'
import {answer, keyValue, type ReplyLine, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'

export const getInfo: Command = {
  name: 'GETINFO',
  run({words}, context) {
    const lines: ReplyLine[] = []
    const unknown: string[] = []
    for (const {text: key} of words) {
      const found = findInfo(key)
      const value = found?.key.read(found.rest, context)
      if (value === undefined) unknown.push(key)
      else if (typeof value === 'string') lines.push(keyValue(key, value))
      else return reply(value.status ?? Status.INTERNAL, value.why)
    }
    if (unknown.length === 0) return answer(...lines)
    return reply(Status.UNKNOWN_THING, ...unknown.map(key => `Unrecognized key "${key}"`))
  }
}
