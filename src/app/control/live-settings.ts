// The settings as a controller reads and changes them. A change is made as a torrc would make it: the lines in force with
// those of the change on top are read and checked as a whole, and taken on as at a reload, or not at all. What would need a
// new start is refused, because a controller that is told OK relies on it.

import {isList} from '../../config/assign.ts'
import type {ConfigFault} from '../../config/fault.ts'
import {changedOptions, optionChange, optionsInForce} from '../../config/option-changes.ts'
import {findOption, optionNames} from '../../config/option-names.ts'
import {type OptionType, parseOptionValue} from '../../config/option-value.ts'
import {relayOptions} from '../../config/options.ts'
import {printConfig} from '../../config/print-config.ts'
import {loadConfig, type RelayConfig} from '../../config/relay-config.ts'
import {type ConfigLine, configLine} from '../../config/torrc-text.ts'
import type {ControlledSettings, SettingLine, SettingsFault} from '../../control/node.ts'
import {writeWhole} from '../../datadir/file.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'

export interface LiveSettingsDeps {
  readonly current: () => RelayConfig
  /** Reads a torrc's text as if it stood in the file. */
  readonly readText: (text: string) => Result<RelayConfig, ConfigFault>
  /** Takes on other settings, as at a reload. */
  readonly adopt: (config: RelayConfig) => Promise<Result<undefined, ConfigFault>>
  /** Hears the names and values of what a controller changed. */
  readonly changed: (lines: readonly (readonly [string, string | undefined])[]) => void
  readonly torrcFile: string
  readonly defaultsFile: string
}

/** C tor's words for types, which its controllers know. */
const TYPE_NAMES: Readonly<Record<OptionType, string>> = {
  string: 'String',
  filename: 'Filename',
  csv: 'CommaList',
  'csv-interval': 'TimeIntervalCommaList',
  int: 'SignedInteger',
  count: 'Integer',
  double: 'Float',
  bytes: 'DataSize',
  interval: 'TimeInterval',
  'msec-interval': 'TimeMsecInterval',
  boolean: 'Boolean',
  autobool: 'Boolean+Auto',
  lines: 'LineList',
  ports: 'LineList',
  'relay-set': 'RouterList'
}
const SECOND_MS = 1000
const PLACE = {source: 'control port'}

export class LiveSettings implements ControlledSettings {
  readonly torrcFile: string
  readonly defaultsFile: string
  readonly #deps: LiveSettingsDeps

  constructor(deps: LiveSettingsDeps) {
    this.torrcFile = deps.torrcFile
    this.defaultsFile = deps.defaultsFile
    this.#deps = deps
  }

  get(name: string): {readonly name: string; readonly values: readonly string[]} | undefined {
    const found = findOption(name)
    if (found === undefined || found.kind === 'obsolete') return undefined
    const config = this.#deps.current()
    if (found.kind === 'known') {
      const values = (config.given.get(found.name) ?? []).map(({value}) => value)
      const initial = found.type === 'boolean' ? ['0'] : found.type === 'autobool' ? ['auto'] : []
      return {name: found.name, values: values.length === 0 ? initial : values}
    }
    const option = optionsInForce(config).find(each => each.name === found.name)
    const values = option?.values.map(value => plainValue(option.type, value)) ?? []
    return {name: found.name, values: values.filter(value => value !== '')}
  }

  onionServices(): readonly {readonly name: string; readonly value: string}[] {
    return this.#deps.current().onionServiceLines.map(({name, value}) => ({
      name: findOption(name)?.name ?? name,
      value
    }))
  }

  names(): readonly (readonly [string, string])[] {
    return optionNames().map(name => {
      const found = findOption(name)
      const type =
        found?.kind === 'relay' ? relayOptions[found.name].type : found?.kind === 'known' && found.type
      return [name, type ? TYPE_NAMES[type] : 'Obsolete']
    })
  }

  defaults(): readonly (readonly [string, string])[] {
    return Object.entries(relayOptions).flatMap(([name, {type, initial}]) =>
      initial === undefined || isList(type) ? [] : [[name, initial] as const]
    )
  }

  text(): string {
    return printConfig(this.#deps.current(), 'short')
  }

  set(lines: readonly SettingLine[]): Promise<Result<undefined, SettingsFault>> {
    return this.#change(lines)
  }

  reset(lines: readonly SettingLine[]): Promise<Result<undefined, SettingsFault>> {
    return this.#change(lines)
  }

  async load(text: string): Promise<Result<undefined, SettingsFault>> {
    const read = this.#deps.readText(text)
    return read.ok ? this.#adopt(read.value) : err(faultOf(read.fault))
  }

  save(): Result<undefined, SettingsFault> {
    const {torrcFile} = this
    if (torrcFile === '') return err(localFault('unwritable', {message: 'there is no torrc'}))
    const text = `# Written at the wish of a controller; comments and %include lines of before are gone.\n${this.text()}`
    return writeWhole(torrcFile, text).ok
      ? ok(undefined)
      : err(localFault('unwritable', {message: 'the torrc cannot be written'}))
  }

  async #change(lines: readonly SettingLine[]): Promise<Result<undefined, SettingsFault>> {
    const unknown = lines.find(({name}) => findOption(name) === undefined)
    if (unknown !== undefined) {
      return err(localFault('unknown-option', {message: `Unknown option '${unknown.name}'.`}))
    }
    const changes = lines.map(({name, value}) =>
      // An option with no value goes back to its default.
      value === undefined || value === '' ? configLine(`/${name}`, '', PLACE) : configLine(name, value, PLACE)
    )
    const read = loadConfig({torrc: linesInForce(this.#deps.current()), commandLine: changes})
    return read.ok ? this.#adopt(read.value) : err(faultOf(read.fault))
  }

  async #adopt(next: RelayConfig): Promise<Result<undefined, SettingsFault>> {
    const {current, adopt, changed} = this.#deps
    const before = current()
    const names = changedOptions(before, next)
    const isRelay = before.orPorts.length > 0
    const fixed = names.find(name => optionChange(name, isRelay) !== 'live')
    if (fixed !== undefined) {
      const message = `While Tor is running, changing ${fixed} is not allowed`
      return err(localFault('refused-transition', {message}))
    }
    const adopted = await adopt(next)
    if (!adopted.ok) return err(faultOf(adopted.fault))
    if (names.length > 0) {
      changed(
        names.flatMap((name): (readonly [string, string | undefined])[] => {
          const lines = next.given.get(name) ?? []
          return lines.length === 0 ? [[name, undefined]] : lines.map(({value}) => [name, value])
        })
      )
    }
    return ok(undefined)
  }
}

/** As they would stand in one torrc. */
function linesInForce(config: RelayConfig): ConfigLine[] {
  const ofServices = new Set(config.onionServiceLines.map(({name}) => findOption(name)?.name ?? name))
  const lines = [...config.given].flatMap(([name, given]) =>
    ofServices.has(name) ? [] : given.map(({value}) => configLine(name, value, PLACE))
  )
  return [...lines, ...config.onionServiceLines.map(({name, value}) => configLine(name, value, PLACE))]
}

/** A value without units, as C tor gives it. */
function plainValue(type: OptionType, text: string): string {
  if (type === 'bytes' || type === 'msec-interval') return `${parseOptionValue(type, text) ?? text}`
  const ms = type === 'interval' ? parseOptionValue(type, text) : undefined
  return ms === undefined ? text : `${ms / SECOND_MS}`
}

function faultOf({code, data}: ConfigFault): SettingsFault {
  const message = data?.message ?? code
  if (code === 'unknown-option') return localFault('unknown-option', {message})
  return localFault(code === 'refused' ? 'refused-transition' : 'bad-value', {message})
}
