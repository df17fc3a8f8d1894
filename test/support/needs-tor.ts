// Interop tests need C tor. Where it is missing they are left out, and say so in a line nobody overlooks; with
// RAMSON_REQUIRE_TOR=1 (as in CI) its absence is a failure.

import {spawnSync} from 'node:child_process'

function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined
}

/** False when C tor is there; otherwise the reason to leave a suite out. Throws where leaving out is not allowed. */
export function whyWithoutTor(): string | false {
  const missing = ['tor', 'tor-gencert'].filter(command => !isInstalled(command))
  if (missing.length === 0) return false
  const reason = `${missing.join(' and ')} not installed (Debian: apt-get install tor)`
  if (process.env['RAMSON_REQUIRE_TOR'] === '1') throw new Error(`${reason}, and RAMSON_REQUIRE_TOR=1`)
  console.error(`\n*** INTEROP NOT TESTED: ${reason} ***\n`)
  return reason
}
