// The commands that are words of their own: `ramson relay`, `ramson network` and so on. What one of them needs is loaded
// when it is called and not before.

import type {Command} from 'commander'
import {nearestWord} from './cli.ts'

/** Takes the words behind the command's name; gives the exit status. */
export type RunSubcommand = (words: readonly string[]) => Promise<number>

export interface Subcommand {
  readonly name: string
  readonly summary: string
  load(): Promise<RunSubcommand>
  /** The flags of its own, for completion; without them it takes those of `ramson`. */
  readonly program?: () => Promise<Command>
  /** What can stand right behind its name. */
  readonly words?: readonly string[]
}

export const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'relay',
    summary: 'run a relay: as without a command, and refused without an ORPort',
    load: async () => (await import('./run-node.ts')).runAs('relay')
  },
  {
    name: 'service',
    summary: 'run onion services: refused without a HiddenServiceDir',
    load: async () => (await import('./run-node.ts')).runAs('service')
  },
  {
    name: 'client',
    summary: 'run a SOCKS proxy to onion services, on port 9050 unless told otherwise',
    load: async () => (await import('./run-node.ts')).runAs('client')
  },
  {
    name: 'init',
    summary: 'write a torrc and a systemd unit, by questions or by flags',
    load: async () => (await import('./init/init-command.ts')).runInitCommand,
    program: async () => (await import('./init/init-command.ts')).initProgram(),
    words: ['relay', 'service']
  },
  {
    name: 'status',
    summary: 'how the node is that runs here: roles, flags, load, overload',
    load: async () => (await import('./status-command/status-command.ts')).runStatusCommand,
    program: async () => (await import('./status-command/status-command.ts')).statusProgram()
  },
  {
    name: 'doctor',
    summary: 'what keeps a node from running well, and what mends it',
    load: async () => (await import('./doctor/doctor-command.ts')).runDoctorCommand,
    program: async () => (await import('./doctor/doctor-command.ts')).doctorProgram()
  },
  {
    name: 'network',
    summary: 'a private onion network on this machine',
    load: async () => (await import('./network/network-subcommand.ts')).runNetworkCommand,
    program: async () => (await import('./network/network-command.ts')).networkProgram()
  },
  {
    name: 'bench',
    summary: 'what cells and handshakes cost on this machine, also beside C tor',
    load: async () => {
      // Beside src, and not to be part of what src is made of.
      const module: {runBenchCommand: RunSubcommand} = await import(
        new URL('../../bench/bench-command.js', import.meta.url).href
      )
      return module.runBenchCommand
    }
  },
  {
    name: 'completion',
    summary: 'a script that completes all this in bash, zsh or fish',
    load: async () => (await import('./completion.ts')).runCompletionCommand,
    words: ['bash', 'zsh', 'fish']
  }
]

export function findSubcommand(word: string | undefined): Subcommand | undefined {
  return SUBCOMMANDS.find(({name}) => name === word)
}

/** The command that a word without a dash may have been meant for. */
export function nearestSubcommand(word: string): string | undefined {
  return nearestWord(
    word,
    SUBCOMMANDS.map(({name}) => name)
  )
}
