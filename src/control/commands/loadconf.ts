// LOADCONF (control-spec 3.19): the data take the place of the torrc, until the next reload.

import {decodeUtf8} from '../words.ts'
import type {Command} from './command.ts'
import {settingsReply} from './settings-reply.ts'

export const loadConf: Command = {
  name: 'LOADCONF',
  multiline: true,
  async run({data}, {node}) {
    return settingsReply(await node.settings.load(decodeUtf8(data)))
  }
}
