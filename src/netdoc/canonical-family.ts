// A relay's family in the one form that all authorities write alike (dir-spec 3.3): fingerprints in upper case without
// nicknames, nicknames in lower case, the relay itself among them, each once, sorted.

import {toBase16Upper} from '../bytes/base16.ts'

/** @param identity SHA-1 of the relay's RSA identity key, 20 octets */
export function canonicalFamily(family: readonly string[], identity: Uint8Array): readonly string[] {
  const members = family.map(member =>
    member.startsWith('$') ? member.slice(0, 41).toUpperCase() : member.toLowerCase()
  )
  return [...new Set([...members, `$${toBase16Upper(identity)}`])].sort()
}
