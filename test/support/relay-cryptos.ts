// Every implementation of the cell cryptography that this machine can run, so that a suite over RelayCrypto is written once.

import {plainRelayCrypto} from '../../src/crypto/relay-crypto/plain.ts'
import type {RelayCrypto} from '../../src/crypto/relay-crypto/relay-crypto.ts'

export function relayCryptos(): readonly RelayCrypto[] {
  return [plainRelayCrypto]
}
