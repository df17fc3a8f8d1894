// SETCONF and RESETCONF (control-spec 3.1, 3.2): options change at once, all that are named or none. Without a value SETCONF
// empties an option, and RESETCONF gives its default back.

import type {Reply} from '../reply.ts'
import {badArguments, type Command, type CommandContext, type Given} from './command.ts'
import {settingLines, settingsReply} from './settings-reply.ts'

export const setConf: Command = {
  name: 'SETCONF',
  run: (given, context) => change('SETCONF', given, context)
}

export const resetConf: Command = {
  name: 'RESETCONF',
  run: (given, context) => change('RESETCONF', given, context)
}

async function change(
  name: 'SETCONF' | 'RESETCONF',
  {words}: Given,
  {node: {settings}}: CommandContext
): Promise<Reply> {
  const lines = settingLines(words)
  if (lines === undefined) return badArguments(name, 'Cannot parse keyword argument(s)')
  return settingsReply(await (name === 'SETCONF' ? settings.set(lines) : settings.reset(lines)))
}
