// Passphrases come from the terminal without being shown, from the standard input where there is no terminal, or whole, to
// the last octet, from a descriptor that a script names. They are octets, so that they can be wiped.

import {openSync, readSync} from 'node:fs'
import {ReadStream} from 'node:tty'
import {concat, equal, wipe} from '../bytes/octets.ts'

const ENTER = new Set([0x0a, 0x0d])
const END_OF_INPUT = 0x04
const INTERRUPT = 0x03
const ERASE = new Set([0x08, 0x7f])
const INTERRUPTED = 130

/** All that can be read from the descriptor; undefined when that fails or is more than `max` octets. */
export function readPassphraseFrom(descriptor: number, max: number): Uint8Array | undefined {
  const out = new Uint8Array(max + 1)
  let length = 0
  try {
    for (;;) {
      const count = readSync(descriptor, out, length, out.length - length, null)
      if (count === 0) return out.subarray(0, length)
      length += count
      if (length > max) return undefined
    }
  } catch {
    return undefined
  }
}

/** One line, without its end; empty at the end of the input. */
export async function askPassphrase(prompt: string): Promise<Uint8Array> {
  const terminal = openTerminal()
  if (terminal === undefined) {
    process.stderr.write(prompt)
    return readLine()
  }
  const input = new ReadStream(terminal)
  // Before the prompt: what is typed right at it is not shown either.
  input.setRawMode(true)
  process.stderr.write(prompt)
  const typed: number[] = []
  try {
    return await new Promise(resolve => {
      input.on('data', (chunk: Buffer) => {
        for (const octet of chunk) {
          if (ENTER.has(octet) || octet === END_OF_INPUT) {
            resolve(Uint8Array.from(typed))
            return
          }
          if (octet === INTERRUPT) {
            input.setRawMode(false)
            process.exit(INTERRUPTED)
          }
          if (ERASE.has(octet)) eraseLast(typed)
          else typed.push(octet)
        }
      })
    })
  } finally {
    typed.fill(0)
    input.setRawMode(false)
    input.destroy()
    process.stderr.write('\n')
  }
}

/** Asks twice until both are the same. */
export async function askNewPassphrase(): Promise<Uint8Array> {
  for (;;) {
    const first = await askPassphrase('New passphrase for the master key (empty for none): ')
    const second = await askPassphrase('The same again: ')
    const isSame = equal(first, second)
    wipe(second)
    if (isSame) return first
    process.stderr.write('They differ.\n')
  }
}

/** A character of UTF-8, which may be several octets. */
function eraseLast(typed: number[]): void {
  while (((typed.pop() ?? 0) & 0xc0) === 0x80);
}

function openTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', 'r+')
  } catch {
    return undefined
  }
}

/** An octet at a time, because what follows the line is the next answer. */
function readLine(): Uint8Array {
  const octet = new Uint8Array(1)
  let line = new Uint8Array()
  for (;;) {
    try {
      if (readSync(0, octet, 0, 1, null) === 0 || ENTER.has(octet[0] ?? 0)) return line
    } catch {
      return line
    }
    line = new Uint8Array(concat(line, octet))
  }
}
