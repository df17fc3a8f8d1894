// A command under the system calls that a unit leaves to its service: SystemCallFilter as systemd expands it, loaded with
// libseccomp before the command begins, and answering EPERM to all others.

import {spawnSync} from 'node:child_process'

const PYTHON = '/usr/bin/python3'

const SCRIPT = `
import os, subprocess, sys, seccomp
def expand(name):
    listed = subprocess.run(['systemd-analyze', 'syscall-filter', name], capture_output=True, text=True, check=True)
    calls = set()
    for line in listed.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith('@'):
            calls |= expand(word)
        elif word and not word.startswith('#'):
            calls.add(word)
    return calls
allowed = set()
for line in open(sys.argv[1]):
    key, _, value = line.strip().partition('=')
    if key == 'SystemCallFilter':
        groups = [expand(word) for word in value.lstrip('~').split()]
        allowed = allowed.difference(*groups) if value.startswith('~') else allowed.union(*groups)
# systemd lets every service have these.
allowed |= expand('@default')
filter = seccomp.SyscallFilter(seccomp.ERRNO(1))
for call in allowed:
    try:
        filter.add_rule(seccomp.ALLOW, call)
    except (ValueError, RuntimeError):
        pass  # not a call of this processor
filter.load()
os.execvp(sys.argv[2], sys.argv[2:])
`

/** The words that run `command` so. */
export function underCallsOf(unit: string, command: readonly string[]): readonly [string, ...string[]] {
  return [PYTHON, '-c', SCRIPT, unit, ...command]
}

export function whyWithoutSeccomp(): string | false {
  const hasModule = spawnSync(PYTHON, ['-c', 'import seccomp']).status === 0
  const hasLists = spawnSync('systemd-analyze', ['syscall-filter', '@default']).status === 0
  return hasModule && hasLists ? false : 'python3-seccomp or systemd is not installed'
}
