// AUTHCHALLENGE SAFECOOKIE (control-spec 3.24): both sides prove that they know the cookie, and neither sends it.

import {fromBase16} from '../../bytes/base16.ts'
import {fromLatin1} from '../../bytes/octets.ts'
import {farewell, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'

export const authChallenge: Command = {
  name: 'AUTHCHALLENGE',
  forStrangers: true,
  least: 1,
  run({words}, {authentication, session}) {
    const [kind, nonce, ...more] = words
    if (kind?.text.toUpperCase() !== 'SAFECOOKIE') {
      return farewell(Status.BAD_VALUE, 'AUTHCHALLENGE only supports SAFECOOKIE authentication')
    }
    if (!authentication.hasCookie)
      return farewell(Status.BAD_AUTHENTICATION, 'Cookie authentication is disabled')
    if (nonce === undefined || more.length > 0) {
      return farewell(Status.BAD_ARGUMENTS, 'Wrong number of arguments for AUTHCHALLENGE')
    }
    if (nonce.key !== undefined) {
      return farewell(Status.BAD_ARGUMENTS, 'AUTHCHALLENGE does not accept keyword arguments.')
    }
    const octets = nonce.isQuoted ? fromLatin1(nonce.value) : fromBase16(nonce.value)
    if (octets === undefined) return farewell(Status.BAD_VALUE, 'Invalid base16 client nonce')
    const given = authentication.challenge(octets)
    if (given === undefined) return farewell(Status.BAD_AUTHENTICATION, 'Cookie authentication is disabled')
    session.challenge = given.challenge
    return reply(Status.OK, given.line)
  }
}
