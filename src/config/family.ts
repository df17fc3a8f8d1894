// `MyFamily`: relays of one operator, separated by commas over any number of lines. A fingerprint may lack its '$' and may
// carry a nickname behind '=' or '~'; descriptors carry `$FINGERPRINT` in upper case.

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
