// Who may steer the node (control-spec 3.5, 3.24): whoever knows the cookie, proves to know it without sending it (safe
// cookie), or knows a password; where none of these is set, everybody who can connect. Secrets are compared in constant time.

import {toBase16Upper} from '../bytes/base16.ts'
import {concat, equalConstantTime, fromText} from '../bytes/octets.ts'
import {hmacSha256} from '../crypto/digest.ts'
import {randomOctets} from '../crypto/random.ts'
import {isPasswordOf} from '../crypto/secret-to-key.ts'
import {localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {ControlFault} from './node.ts'
import {quote} from './words.ts'

export const COOKIE_LENGTH = 32
const NONCE_LENGTH = 32
const SERVER_KEY = fromText('Tor safe cookie authentication server-to-controller hash')
const CONTROLLER_KEY = fromText('Tor safe cookie authentication controller-to-server hash')

export interface AuthenticationOptions {
  /** Undefined: there is no cookie. */
  readonly cookie: {readonly octets: Uint8Array; readonly file: string} | undefined
  /** As HashedControlPassword has them. */
  readonly passwords: readonly string[]
}

/** What a connection has been told so far. */
export interface Challenge {
  readonly expected: Uint8Array
}

export class Authentication {
  #options: AuthenticationOptions

  constructor(options: AuthenticationOptions) {
    this.#options = options
  }

  configure(options: AuthenticationOptions): void {
    this.#options = options
  }

  get isOpenToAll(): boolean {
    const {cookie, passwords} = this.#options
    return cookie === undefined && passwords.length === 0
  }

  get hasCookie(): boolean {
    return this.#options.cookie !== undefined
  }

  /** The AUTH line of PROTOCOLINFO. */
  get line(): string {
    const {cookie, passwords} = this.#options
    if (this.isOpenToAll) return 'AUTH METHODS=NULL'
    const methods = [
      ...(cookie === undefined ? [] : ['COOKIE', 'SAFECOOKIE']),
      ...(passwords.length === 0 ? [] : ['HASHEDPASSWORD'])
    ]
    return `AUTH METHODS=${methods.join(',')}${cookie === undefined ? '' : ` COOKIEFILE=${quote(cookie.file)}`}`
  }

  /** The answer to AUTHCHALLENGE, and what AUTHENTICATE must bring then; undefined without a cookie. */
  challenge(clientNonce: Uint8Array): {readonly line: string; readonly challenge: Challenge} | undefined {
    const cookie = this.#options.cookie?.octets
    if (cookie === undefined) return undefined
    const serverNonce = randomOctets(NONCE_LENGTH)
    const message = concat(cookie, clientNonce, serverNonce)
    const hash = toBase16Upper(hmacSha256(SERVER_KEY, message))
    return {
      line: `AUTHCHALLENGE SERVERHASH=${hash} SERVERNONCE=${toBase16Upper(serverNonce)}`,
      challenge: {expected: hmacSha256(CONTROLLER_KEY, message)}
    }
  }

  /** @param challenge where one was given, nothing else counts */
  check(
    secret: Uint8Array,
    challenge: Challenge | undefined
  ): Result<undefined, ControlFault<'not-authenticated'>> {
    if (challenge !== undefined) {
      if (secret.length !== challenge.expected.length)
        return refused('Wrong length for safe cookie response.')
      return equalConstantTime(secret, challenge.expected)
        ? ok(undefined)
        : refused('Safe cookie response did not match expected value.')
    }
    if (this.isOpenToAll) return ok(undefined)
    const {cookie, passwords} = this.#options
    if (cookie !== undefined && equalConstantTime(secret, cookie.octets)) return ok(undefined)
    // All of them, so that the time does not tell which one it was.
    const matches = passwords.filter(password => isPasswordOf(password, secret))
    if (matches.length > 0) return ok(undefined)
    if (passwords.length === 0) {
      return refused(
        secret.length === COOKIE_LENGTH
          ? 'Authentication cookie did not match expected value.'
          : 'Wrong length on authentication cookie.'
      )
    }
    return refused(
      cookie === undefined
        ? 'Password did not match HashedControlPassword value from configuration'
        : 'Password did not match HashedControlPassword *or* authentication cookie.'
    )
  }
}

function refused(message: string): Result<never, ControlFault<'not-authenticated'>> {
  return err(localFault('not-authenticated', {message}))
}
