// Whether the links of shards are native: sockets and records in C++ once the handshakes are over. Else they stay with
// node:tls. RAMSON_LINKS=node leaves native links alone.

import {loadAddon} from '../../crypto/binding.ts'

/** Throws where the environment asks for what cannot be had. */
export function linksAreNative(environment: NodeJS.ProcessEnv = process.env): boolean {
  const forced = environment['RAMSON_LINKS'] ?? ''
  const canBe = loadAddon().addon?.canCarryLinks() === true
  if (forced === 'node') return false
  if (forced === 'native' && !canBe)
    throw new Error('RAMSON_LINKS=native: this Node or this system cannot have them')
  if (forced !== '' && forced !== 'native') throw new Error(`RAMSON_LINKS=${forced}: it is native or node`)
  return canBe
}
