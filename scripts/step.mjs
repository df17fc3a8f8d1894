// One named step of a script: a line with its name, what came of it, and the time it took.
//
// Every script in this folder works in steps, so that a person sees what is going on and a log stays short. On a
// terminal the name stands there while the step runs; elsewhere one line is written when the step is over. A child's
// output is kept back and shown only when the child fails, because that is the only time anyone wants it.
//
// Only Node built-ins are used here: these scripts run before anything is installed.

import {spawn} from 'node:child_process'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** The package's root folder, whichever folder the script was started from. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A step that failed for a reason the user can act on: printed without a stack. */
export class StepFailure extends Error {}

const nameWidth = 12
const noteWidth = 58

/** Seconds with one decimal, as `12.3 s`, from a `performance.now()` reading. */
export const since = begun => `${((performance.now() - begun) / 1000).toFixed(1)} s`

/** One aligned line: name, note, time. */
export const stepLine = (name, note, time) =>
  `${name.padEnd(nameWidth)}${note.padEnd(noteWidth)}${time.padStart(8)}`.trimEnd()

/**
 * Runs `work` as the step `name` and prints its line.
 *
 * `work` returns the note to print, or `undefined` to print nothing because there was nothing to do. It receives
 * `progress(text)`, which shows what it is about on a terminal.
 */
export const step = async (name, work) => {
  const begun = performance.now()
  const {isTTY} = process.stdout
  let about = ''
  const draw = () => {
    if (isTTY) process.stdout.write(`\r\x1b[2K${stepLine(name, `${about} …`, since(begun))}`)
  }
  const erase = () => {
    clearInterval(redrawing)
    if (isTTY) process.stdout.write('\r\x1b[2K')
  }
  const progress = text => {
    about = text
    draw()
  }
  const redrawing = setInterval(draw, 500)
  draw()
  try {
    const note = await work(progress)
    erase()
    if (note !== undefined) console.log(stepLine(name, note, since(begun)))
  } catch (error) {
    erase()
    console.log(stepLine(name, 'FAILED', since(begun)))
    throw error
  }
}

/**
 * Runs a child to its end. Resolves to `{status, stdout, stderr, output}`; `output` holds both streams as they came.
 * A signal's end counts as status 1, a command that is not there as 127.
 */
export const run = (command, args, options = {}) =>
  new Promise(resolve => {
    const child = spawn(command, args, {cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options})
    const chunks = []
    const keep = stream => stream?.on('data', chunk => chunks.push({stream, chunk}))
    keep(child.stdout)
    keep(child.stderr)
    const text = stream =>
      Buffer.concat(chunks.filter(c => !stream || c.stream === stream).map(c => c.chunk)).toString()
    child.on('error', error => {
      resolve({
        status: error.code === 'ENOENT' ? 127 : 1,
        stdout: '',
        stderr: '',
        output: `${error.message}\n`
      })
    })
    child.on('close', status => {
      resolve({status: status ?? 1, stdout: text(child.stdout), stderr: text(child.stderr), output: text()})
    })
  })

/** Ends the script with the message of a `StepFailure`, or with the stack of anything else. */
export const failAndExit = error => {
  console.error(`\n${error instanceof StepFailure ? error.message.trimEnd() : (error.stack ?? error)}`)
  process.exit(1)
}
