// Commands that are about a node with certain settings, such as `ramson doctor`: they have flags of their own, and take the
// torrc and torrc options as the command line of the node does, so that the same words name the same node.

import {type Command, CommanderError} from 'commander'
import {localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {type CliFault, type CommandLine, nearestWord, parseCommandLine} from './cli.ts'

export interface NodeCommand<F> {
  readonly flags: F
  /** Which node: as if these words had started it. */
  readonly node: CommandLine
}

/** `program` has --torrc-file among its flags. */
export function parseNodeCommand<F extends {readonly torrcFile?: string}>(
  program: Command,
  words: readonly string[]
): Result<NodeCommand<F>, CliFault> {
  try {
    const {operands, unknown} = program.parseOptions([...words])
    const flags = program.opts<F>()
    const torrc = flags.torrcFile === undefined ? [] : ['-f', flags.torrcFile]
    const rest = [...operands, ...unknown]
    const node = parseCommandLine([...torrc, ...rest])
    if (node.ok && node.value.action === 'run') return ok({flags, node: node.value})
    const near = rest.flatMap(word => nearestFlag(program, word) ?? [])[0]
    if (near !== undefined) return usage(near)
    return node.ok ? usage(`--${node.value.action} is no flag of this command.`) : node
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return usage(error.message.replace(/^error: /, '').replace(/\.?\n/g, '. '))
  }
}

/** What a word that is nearly one of the program's own flags may have been meant for. */
function nearestFlag(program: Command, word: string): string | undefined {
  if (!/^--[a-z]/.test(word)) return undefined
  const near = nearestWord(
    word,
    program.options.flatMap(({long}) => long ?? [])
  )
  return near && `There is no ${word}. Did you mean ${near}?`
}

function usage(message: string): Result<never, CliFault> {
  return err(localFault('usage', {message}))
}
