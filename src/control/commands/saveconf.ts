// SAVECONF (control-spec 3.6): the settings in force become the torrc.

import type {Command} from './command.ts'
import {settingsReply} from './settings-reply.ts'

export const saveConf: Command = {
  name: 'SAVECONF',
  run: (_given, {node}) => settingsReply(node.settings.save())
}
