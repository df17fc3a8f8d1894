// `MyFamily`: relays of one operator, separated by commas over any number of lines. A fingerprint may lack its '$' and may
// carry a nickname behind '=' or '~'; descriptors carry `$FINGERPRINT` in upper case. `FamilyId`: families by key, each the
// base64 of a public key; `*` stands for all whose secret keys are there.

import {fromBase64} from '../bytes/base64.ts'
import {ok, type Result} from '../fault/result.ts'
import {type ConfigFault, configFault} from './fault.ts'
import type {ConfigLine} from './torrc-text.ts'

const FINGERPRINT = /^\$?([0-9A-Fa-f]{40})(?:[=~][A-Za-z0-9]{1,19})?$/
const NICKNAME = /^[A-Za-z0-9]{1,19}$/

export function parseFamily(lines: readonly ConfigLine[]): Result<string[], ConfigFault> {
  const members = new Set<string>()
  for (const line of lines) {
    for (const word of line.value.split(',').map(each => each.trim())) {
      if (word === '') continue
      const fingerprint = FINGERPRINT.exec(word)?.[1]
      if (fingerprint !== undefined) members.add(`$${fingerprint.toUpperCase()}`)
      else if (NICKNAME.test(word)) members.add(word)
      else return configFault('bad-value', `MyFamily: '${word}' is no fingerprint.`, line.place, 'MyFamily')
    }
  }
  return ok([...members].sort())
}

const FAMILY_ID_LENGTH = 32

/** Undefined where no line is. */
export function parseFamilyIds(
  lines: readonly ConfigLine[]
): Result<readonly Uint8Array[] | 'all' | undefined, ConfigFault> {
  if (lines.length === 0) return ok(undefined)
  const ids: Uint8Array[] = []
  for (const {value, place} of lines.filter(line => line.value !== '*')) {
    const id = fromBase64(value)
    if (id?.length !== FAMILY_ID_LENGTH) {
      return configFault('bad-value', `FamilyId: '${value}' is no FamilyId.`, place, 'FamilyId')
    }
    ids.push(id)
  }
  return ok(ids.length < lines.length ? 'all' : ids)
}
