// GETCONF (control-spec 3.3): the lines of options; a name alone where there is neither a value nor a default.

import {DONE, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'

/** Not an option: the lines of onion services, which mean what they mean in their order alone. */
const ONION_SERVICES = 'hiddenserviceoptions'

export const getConf: Command = {
  name: 'GETCONF',
  run({words}, {node: {settings}}) {
    const lines: string[] = []
    const unknown: string[] = []
    for (const {text} of words) {
      if (text.toLowerCase() === ONION_SERVICES) {
        const services = settings.onionServices()
        lines.push(...services.map(({name, value}) => `${name}=${value}`))
        if (services.length === 0) lines.push('HiddenServiceOptions')
        continue
      }
      const option = settings.get(text)
      if (option === undefined) unknown.push(text)
      else if (option.values.length === 0) lines.push(option.name)
      else lines.push(...option.values.map(value => `${option.name}=${value}`))
    }
    if (unknown.length > 0) {
      return reply(Status.UNKNOWN_THING, ...unknown.map(name => `Unrecognized configuration key "${name}"`))
    }
    return lines.length === 0 ? DONE : reply(Status.OK, ...lines)
  }
}
