// QUIT (control-spec 3.22).

import {farewell, Status} from '../reply.ts'
import type {Command} from './command.ts'

export const quit: Command = {
  name: 'QUIT',
  forStrangers: true,
  run: () => farewell(Status.OK, 'closing connection')
}
