// The files and the command line together: which torrc is read when none was named, and in what order layers count. Used at
// start and again at each reload.

import {existsSync, readFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {join, resolve} from 'node:path'
import {type ConfigFault, configFault} from '../config/fault.ts'
import {workingDirectory} from '../config/host.ts'
import {readTorrcFile} from '../config/include.ts'
import {loadConfig, type RelayConfig} from '../config/relay-config.ts'
import {type ConfigLine, parseTorrcText} from '../config/torrc-text.ts'
import {ok, type Result} from '../fault/result.ts'
import type {CommandLine} from './cli.ts'

const STANDARD_INPUT = '-'

export function readConfig(command: CommandLine): Result<RelayConfig, ConfigFault> {
  const defaults = readDefaults(command)
  if (!defaults.ok) return defaults
  const torrc = readTorrc(command)
  if (!torrc.ok) return torrc
  return loadConfig({
    defaults: [...command.roleLines, ...defaults.value],
    torrc: torrc.value,
    commandLine: command.lines
  })
}

/** The same with this text in place of the torrc. */
export function readConfigText(command: CommandLine, text: string): Result<RelayConfig, ConfigFault> {
  const defaults = readDefaults(command)
  if (!defaults.ok) return defaults
  const torrc = parseTorrcText(text, 'control port')
  if (!torrc.ok) return torrc
  return loadConfig({
    defaults: [...command.roleLines, ...defaults.value],
    torrc: torrc.value,
    commandLine: command.lines
  })
}

/** The file that is read; undefined where there is none, or where it is the standard input. */
export function torrcPath({torrcFile}: CommandLine): string | undefined {
  if (torrcFile === STANDARD_INPUT) return undefined
  return torrcFile === undefined ? usualPlaces().find(place => existsSync(place)) : placed(torrcFile)
}

/** As with C tor, a defaults file that is not there is no matter. */
function readDefaults({defaultsFile}: CommandLine): Result<ConfigLine[], ConfigFault> {
  const path = defaultsFile === undefined ? undefined : placed(defaultsFile)
  return path === undefined || !existsSync(path) ? ok([]) : readTorrcFile(path)
}

function readTorrc(command: CommandLine): Result<ConfigLine[], ConfigFault> {
  if (command.torrcFile === STANDARD_INPUT) return readStandardInput()
  const path = torrcPath(command)
  if (path === undefined) return ok([])
  return mayBeMissing(command) && !existsSync(path) ? ok([]) : readTorrcFile(path)
}

/** The place where a master key is made needs no torrc. */
function mayBeMissing({missingTorrc, action}: CommandLine): boolean {
  return missingTorrc === 'ignored' || action === 'keygen'
}

/** The directory that the process works in may not be the one that it was started in. */
function placed(path: string): string {
  return resolve(workingDirectory(), path)
}

let standardInput: string | undefined

/** What was read of it; undefined where nobody asked. */
export function keptStandardInput(): string | undefined {
  return standardInput
}

/** In place of what there would be to read. */
export function giveStandardInput(text: string): void {
  standardInput = text
}

/** Kept, since the standard input can be read once and reloads come later. */
function readStandardInput(): Result<ConfigLine[], ConfigFault> {
  try {
    standardInput ??= readFileSync(0, 'utf8')
  } catch {
    return configFault('unreadable', 'The standard input cannot be read.')
  }
  return parseTorrcText(standardInput, 'standard input')
}

function usualPlaces(): string[] {
  return ['/etc/ramson/torrc', join(homedir(), '.config', 'ramson', 'torrc')]
}
