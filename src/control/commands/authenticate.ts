// AUTHENTICATE (control-spec 3.5): nothing, base16, or a quoted string. Whoever fails has to connect again.

import {fromBase16} from '../../bytes/base16.ts'
import {fromLatin1, wipe} from '../../bytes/octets.ts'
import {DONE, farewell, Status} from '../reply.ts'
import type {Command} from './command.ts'

export const authenticate: Command = {
  name: 'AUTHENTICATE',
  forStrangers: true,
  async run({words}, {authentication, session}) {
    const [word, ...more] = words
    if (more.length > 0) return farewell(Status.BAD_ARGUMENTS, 'Too many arguments to AUTHENTICATE.')
    if (word?.key !== undefined) {
      return farewell(Status.BAD_ARGUMENTS, 'AUTHENTICATE does not accept keyword arguments.')
    }
    const text = word?.value ?? ''
    const secret = word?.isQuoted ? fromLatin1(text) : fromBase16(text)
    if (secret === undefined) {
      await session.authenticationFailed()
      return farewell(
        Status.INTERNAL,
        'Invalid hexadecimal encoding. A password that is plain text has to stand in double quotes.'
      )
    }
    const checked = authentication.check(secret, session.challenge)
    wipe(secret)
    session.challenge = undefined
    if (!checked.ok) {
      await session.authenticationFailed()
      return farewell(
        Status.BAD_AUTHENTICATION,
        `Authentication failed: ${checked.fault.data?.message ?? ''}`
      )
    }
    session.authenticated()
    return DONE
  }
}
