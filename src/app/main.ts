#!/usr/bin/env node
// The program. The first word may name a command of its own; else the command line says what to do, as C tor's does. The
// exit status tells how it went: 0 for well, 1 for a bad command line, bad settings or a node that could not start.
// Whatever a command needs is loaded only when it is called.

import {fail} from './exit-status.ts'
import {runNode} from './run-node.ts'
import {findSubcommand, nearestSubcommand} from './subcommands.ts'

/** A key that is being drawn or a file that is being read does not keep a command that has ended. */
const LETTING_GO_MS = 50

process.exitCode = await main(process.argv.slice(2))
setTimeout(() => process.exit(), LETTING_GO_MS).unref()

async function main(words: readonly string[]): Promise<number> {
  const [first = '', ...rest] = words
  const subcommand = findSubcommand(first)
  if (subcommand !== undefined) return (await subcommand.load())(rest)
  const near = words.length === 1 && /^[a-z]+$/.test(first) ? nearestSubcommand(first) : undefined
  if (near !== undefined) return fail(`There is no ${first}. Did you mean ${near}? See ramson --help.`)
  return runNode(words)
}
