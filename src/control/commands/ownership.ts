// TAKEOWNERSHIP and DROPOWNERSHIP (control-spec 3.23, 3.29): whether the node ends with this connection.

import {DONE} from '../reply.ts'
import type {Command} from './command.ts'

export const takeOwnership: Command = {
  name: 'TAKEOWNERSHIP',
  run(_given, {session}) {
    session.isOwner = true
    return DONE
  }
}

export const dropOwnership: Command = {
  name: 'DROPOWNERSHIP',
  run(_given, {session}) {
    session.isOwner = false
    return DONE
  }
}
