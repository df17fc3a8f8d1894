// Commands of C tor for what ramson does not do: names of the outside world are not resolved, descriptors of routers
// are not taken from controllers. Answered with a reason, because C tor has these commands.

import {reply, Status} from '../reply.ts'
import type {Command} from './command.ts'

function refused(name: string, why: string, multiline = false): Command {
  return {name, multiline, run: () => reply(Status.INTERNAL, why)}
}

export const unsupportedCommands: readonly Command[] = [
  refused('RESOLVE', 'Names are not resolved: only onion services can be reached'),
  refused('POSTDESCRIPTOR', 'Router descriptors are not taken from controllers', true),
  {name: 'SETROUTERPURPOSE', run: () => reply(Status.NOT_IMPLEMENTED, 'SETROUTERPURPOSE is obsolete.')}
]
