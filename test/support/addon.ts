// The addon for tests of the addon itself, which also run where the rest of the suite is made to use the fallback.

import assert from 'node:assert/strict'
import {it} from 'node:test'
import {type Addon, findAddon} from '../../src/crypto/binding.ts'

/** The addon as built, or why there is none. */
export const builtAddon = findAddon({...process.env, RAMSON_DATAPLANE: ''})

/** Declares tests of the addon. Where it could not be built there is one test, which fails if it had to be. */
export function onAddon(declare: (addon: Addon) => void): void {
  const {addon, reason} = builtAddon
  if (addon === undefined) {
    it(`the addon is not there: ${reason}`, () => {
      assert.notEqual(process.env['RAMSON_REQUIRE_NATIVE'], '1')
    })
  } else {
    declare(addon)
  }
}
