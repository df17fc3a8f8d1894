// `ramson network …`: the words behind `network`, parsed; nothing is started here.

import {Command, CommanderError, InvalidArgumentError} from 'commander'
import {parseAddressPort, parsePort} from '../../config/address.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {CliFault} from '../cli.ts'
import {type PrivateNetworkOptions, RELAYS_MAX, RELAYS_MIN} from './network-options.ts'
import {LOWEST_BASE, portCount} from './ports.ts'

export interface NetworkCommand extends PrivateNetworkOptions {
  readonly action: 'run' | 'help'
  readonly output: 'people' | 'json'
  /** Whether it ends after the page was fetched. */
  readonly stays: 'until-stopped' | 'once'
}

interface ParsedFlags {
  readonly relays: number
  readonly basePort?: number
  readonly keep?: string
  readonly target?: {readonly host: string; readonly port: number}
  readonly socksPort?: number
  readonly statusPort?: number
  readonly json?: true
  readonly once?: true
  readonly help?: true
}

export function parseNetworkCommand(words: readonly string[]): Result<NetworkCommand, CliFault> {
  const program = networkProgram()
  try {
    program.parse(words, {from: 'user'})
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const message = error.message.replace(/^error: /, '').replace(/\.?\n/g, '. ')
    return err(localFault('usage', {message: `${message.replace(/\.$/, '')}.`}))
  }
  const {json, once, help, ...options} = program.opts<ParsedFlags>()
  return ok({
    ...options,
    action: help === true ? 'help' : 'run',
    output: json === true ? 'json' : 'people',
    stays: once === true ? 'once' : 'until-stopped'
  })
}

export function networkHelpText(): string {
  return networkProgram().helpInformation()
}

export function networkProgram(): Command {
  return new Command('ramson network')
    .usage('[flags]')
    .description('A private onion network on 127.0.0.1: an authority, relays, an onion service and a client.')
    .helpOption(false)
    .exitOverride()
    .configureOutput({writeErr: () => undefined, writeOut: () => undefined})
    .allowExcessArguments(false)
    .option('--relays <n>', `how many relays, ${RELAYS_MIN} to ${RELAYS_MAX}`, relayCount, RELAYS_MIN)
    .option('--target <host:port>', 'what the onion service leads to; else a small page of its own', target)
    .option('--socks-port <port>', "the client's SOCKS port; else one that is free", port)
    .option('--status-port <port>', 'where the status page is; else one that is free', port)
    .option('--base-port <port>', 'the first of the ports that all others follow', basePort)
    .option('--keep <directory>', 'keys and addresses stay there for the next start')
    .option('--once', 'end after the page was fetched')
    .option('--json', 'one JSON object per line, for scripts')
    .option('-h, --help', 'print this')
}

function relayCount(text: string): number {
  const relays = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (relays >= RELAYS_MIN && relays <= RELAYS_MAX) return relays
  throw new InvalidArgumentError(`It is a number from ${RELAYS_MIN} to ${RELAYS_MAX}.`)
}

function port(text: string): number {
  const number = parsePort(text)
  if (number !== undefined && number > 0) return number
  throw new InvalidArgumentError('It is a number from 1 to 65535.')
}

function basePort(text: string): number {
  const number = parsePort(text)
  const highest = 65_535 - portCount(RELAYS_MAX) + 1
  if (number !== undefined && number >= LOWEST_BASE && number <= highest) return number
  throw new InvalidArgumentError(`It is a number from ${LOWEST_BASE} to ${highest}.`)
}

function target(text: string): {host: string; port: number} {
  const parsed = parseAddressPort(
    /^\d+$/.test(text) ? `127.0.0.1:${text}` : text.replace(/^localhost:/, '127.0.0.1:')
  )
  if (parsed !== undefined) return {host: parsed.address.host, port: parsed.port}
  throw new InvalidArgumentError('It is an address and a port, such as 127.0.0.1:8080.')
}
