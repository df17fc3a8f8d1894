// Programs that steer C tor over its control port, all of them Debian's: stem, nyx (in tmux) and onionbalance. Where one is
// missing a suite is left out, and says so in a line nobody overlooks; with RAMSON_REQUIRE_TOR=1 (as in CI) its absence is a
// failure.

import {spawnSync} from 'node:child_process'

/** The Python that Debian's packages are for, which need not be the first on PATH. */
export const PYTHON = process.env['RAMSON_PYTHON'] ?? '/usr/bin/python3'

const PROGRAMS: readonly (readonly [string, string, readonly string[]])[] = [
  ['python3-stem', PYTHON, ['-c', 'import stem']],
  ['nyx', 'nyx', ['--version']],
  ['tmux', 'tmux', ['-V']],
  ['onionbalance', 'onionbalance', ['--version']]
]

/** False when all are there; otherwise the reason to leave a suite out. Throws where leaving out is not allowed. */
export function whyWithoutControllers(): string | false {
  const missing = PROGRAMS.filter(([, command, words]) => {
    const {error, status} = spawnSync(command, words, {stdio: 'ignore'})
    return error !== undefined || status !== 0
  }).map(([name]) => name)
  if (missing.length === 0) return false
  const reason = `${missing.join(', ')} not installed (Debian: apt-get install ${missing.join(' ')})`
  if (process.env['RAMSON_REQUIRE_TOR'] === '1') throw new Error(`${reason}, and RAMSON_REQUIRE_TOR=1`)
  console.error(`\n*** THE CONTROL PORT NOT TESTED WITH CONTROLLERS: ${reason} ***\n`)
  return reason
}
