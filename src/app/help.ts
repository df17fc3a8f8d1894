// What `ramson --help` prints: the flags by heading, then the commands, from the tables that parsing uses.

import {makeProgram} from './cli.ts'
import {SUBCOMMANDS} from './subcommands.ts'

export function helpText(): string {
  const width = Math.max(...SUBCOMMANDS.map(({name}) => name.length))
  const commands = SUBCOMMANDS.map(({name, summary}) => `  ${name.padEnd(width)}  ${summary}`).join('\n')
  return `${makeProgram().helpInformation()}
Torrc options:
  Every torrc option can be given as --Option value and then overrides the torrc.
  +Option adds a value to those in the torrc, /Option takes all of them away.

Commands, each with a --help of its own:
${commands}

Signals:
  TERM ends at once, INT after ShutdownWaitLength, HUP reads the torrc again,
  USR1 logs statistics, USR2 logs everything until HUP.

Without -f, /etc/ramson/torrc and then ~/.config/ramson/torrc is read.
`
}
