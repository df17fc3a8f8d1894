// The completion scripts in the shells that they are for: what each of them offers behind the words that were typed.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {fileURLToPath} from 'node:url'

const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'src', 'app', 'main.js')
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0
const missing = (shell: string) => (has(shell) ? false : `${shell} is not installed`)

/** How each shell is asked what it would offer; `words` begin with `ramson` and end with what is being typed. */
const ASK: Readonly<Record<string, (script: string, words: readonly string[]) => readonly string[]>> = {
  bash: (script, words) => [
    '-c',
    `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ramson; printf '%s\\n' "\${COMPREPLY[@]}"`,
    script,
    ...words
  ],
  // The functions that draw the menu are replaced by ones that print what they were given.
  zsh: (script, words) => [
    '-fc',
    `compdef() { : }; _describe() { print -l -- $commands }; _arguments() { print -l -- "$@" }
     compadd() { print -l -- $options }; source "$0"; words=("$@"); CURRENT=$#; _ramson`,
    script,
    ...words
  ],
  fish: (script, words) => ['--no-config', '-c', `source ${script}; complete -C '${words.join(' ')}'`]
}

describe('ramson completion', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-completion-'))
  after(() => rmSync(folder, {recursive: true}))

  function run(...words: string[]) {
    return spawnSync(process.execPath, [program, ...words], {encoding: 'utf8'})
  }

  for (const [shell, ask] of Object.entries(ASK)) {
    describe(shell, {skip: missing(shell)}, () => {
      const script = join(folder, shell)

      before(() => {
        const {stdout, status} = run('completion', shell)
        assert.equal(status, 0)
        writeFileSync(script, stdout)
      })

      function offers(...words: string[]): string {
        const {stdout, stderr, status} = spawnSync(shell, ask(script, ['ramson', ...words]), {
          encoding: 'utf8'
        })
        assert.equal(status, 0, stderr)
        return stdout
      }

      it('offers the commands first', () => {
        const commands = offers('')
        for (const name of ['relay', 'network', 'status', 'doctor', 'init', 'completion']) {
          assert.match(commands, new RegExp(`^${name}\\b`, 'm'))
        }
      })

      it('offers the flags of a command behind it, and no others', () => {
        const flags = offers('status', '--')
        assert.match(flags, /^'?--json\b/m)
        assert.match(flags, /^'?--metrics\b/m)
        assert.doesNotMatch(flags, /--keygen|--or-port/)
        assert.match(offers('init', '--'), /--or-port/)
      })

      it('offers the flags of C tor without a command, and torrc options by their names', () => {
        assert.match(offers('--'), /^'?--verify-config\b/m)
        assert.match(offers('--ORP'), /^(--)?ORPort\b|--ORPort$/m)
      })

      it('offers the shells behind completion', () => {
        assert.match(offers('completion', ''), /fish/)
      })
    })
  }

  it('refuses a shell that it does not know', () => {
    const {status, stderr} = run('completion', 'tcsh')
    assert.deepEqual(
      [status, stderr],
      [1, 'ramson completion wants one of bash, zsh, fish. See ramson completion --help.\n']
    )
    assert.match(run('completion', '--help').stdout, /^Usage: ramson completion <bash\|zsh\|fish>/)
  })
})
