// DROPGUARDS and DROPTIMEOUTS (control-spec 3.25, 3.31). Build timeouts are fixed here, so there is nothing to forget.

import {DONE} from '../reply.ts'
import type {Command} from './command.ts'

export const dropGuards: Command = {
  name: 'DROPGUARDS',
  most: 0,
  run(_given, {node}) {
    node.dropGuards()
    return DONE
  }
}

export const dropTimeouts: Command = {name: 'DROPTIMEOUTS', most: 0, run: () => DONE}
