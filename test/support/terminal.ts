// A command at a terminal of its own, with somebody who answers what it asks. Node has no pseudo-terminals; python3 has.

import {spawnSync} from 'node:child_process'

const SCRIPT = `
import json, os, pty, re, sys
answers = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b''
answered = 0
plain = lambda: re.sub(rb'\\x1b\\[[0-9;]*[A-Za-z]', b'', seen)
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    # A prompt may come in pieces, with the cursor moved in between: it is answered once.
    if answers and len(plain()) > answered and plain().endswith(b': '):
        answered = len(plain())
        os.write(fd, answers.pop(0).encode() + b'\\r')
sys.stdout.write(plain().decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

/** Each question, which ends with a colon and a blank, gets the next answer. `shown` is what the terminal showed. */
export function atTerminal(
  command: readonly string[],
  answers: readonly string[]
): {readonly status: number | null; readonly shown: string} {
  const words = ['-c', SCRIPT, JSON.stringify(answers), ...command]
  const {status, stdout, stderr} = spawnSync('python3', words, {encoding: 'utf8', timeout: 60_000})
  return {status, shown: stdout + stderr}
}
