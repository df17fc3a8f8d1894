// PROTOCOLINFO (control-spec 3.21): how to authenticate, and what answers. A stranger may ask once.

import {farewell, reply, Status} from '../reply.ts'
import {quote} from '../words.ts'
import type {Command} from './command.ts'

const VERSION = '1'

export const protocolInfo: Command = {
  name: 'PROTOCOLINFO',
  forStrangers: true,
  run({words}, {session, authentication, node}) {
    if (!session.isAuthenticated && session.hasAskedProtocol) {
      return farewell(Status.UNAUTHENTICATED, 'Authentication required.')
    }
    session.hasAskedProtocol = true
    const unknown = words.find(({text}) => !/^\d+$/.test(text))
    if (unknown !== undefined) return reply(Status.BAD_VALUE, `No such version ${quote(unknown.text)}`)
    return reply(
      Status.OK,
      `PROTOCOLINFO ${VERSION}`,
      authentication.line,
      `VERSION Tor=${quote(node.version)}`,
      'OK'
    )
  }
}
