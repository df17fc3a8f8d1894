// Lines become values. Layers come lowest first (torrc-defaults, torrc, command line). An option with one value takes the
// last line of the highest layer that has one; an option with many lines takes all lines of the highest layer that names
// it, unless that layer's first is '+Name', which keeps the lines below. '/Name' or an empty value gives the default back.
// What is accepted without having an effect, or given twice, is told in `notices`, never dropped in silence.

import {ok, type Result} from '../fault/result.ts'
import {type ConfigFault, configFault, printPlace} from './fault.ts'
import {findAbbreviated, findOption, nearestOption} from './option-names.ts'
import {type OptionType, parseOptionValue, type SingleType, TYPE_WORDS} from './option-value.ts'
import {type Feature, type OptionValuesByName, type RelayOptionName, relayOptions} from './options.ts'
import type {ConfigLine} from './torrc-text.ts'

export interface Assigned {
  readonly values: OptionValuesByName
  /** the lines in force, by canonical option name, without the defaults */
  readonly given: ReadonlyMap<string, readonly ConfigLine[]>
  readonly notices: readonly string[]
}

interface Target {
  readonly name: string
  readonly type: OptionType
  readonly feature: Feature
  readonly relay: RelayOptionName | undefined
}

export function assignOptions(layers: readonly (readonly ConfigLine[])[]): Result<Assigned, ConfigFault> {
  const targets = new Map<string, Target>()
  const given = new Map<string, ConfigLine[]>()
  const notices: string[] = []
  for (const layer of layers) {
    const seen = new Set<string>()
    for (const line of layer) {
      const found = findOption(line.name) ?? findAbbreviated(line.name)
      if (found === undefined) return unknownOption(line)
      if (findOption(line.name) === undefined) {
        notices.push(
          `${printPlace(line.place)}: '${line.name}' is taken for ${found.name}; write it in full.`
        )
      }
      if (line.value.includes('\0')) {
        return configFault('bad-value', `${found.name} holds a NUL character.`, line.place, found.name)
      }
      if (found.kind === 'obsolete') {
        notices.push(`${printPlace(line.place)}: ${found.name} is obsolete and was skipped.`)
        continue
      }
      const target = targetOf(found)
      targets.set(target.name, target)
      const merged = merge(target, given.get(target.name) ?? [], line, seen, notices)
      if (merged.length === 0) given.delete(target.name)
      else given.set(target.name, merged)
    }
  }
  const checked = checkTypes(given, targets)
  if (!checked.ok) return checked
  notices.push(...effectlessNotices(given, targets))
  return ok({values: readValues(given), given, notices})
}

function targetOf(found: Exclude<ReturnType<typeof findOption>, undefined | {kind: 'obsolete'}>): Target {
  if (found.kind === 'known') return {...found, relay: undefined}
  const spec = relayOptions[found.name]
  return {name: found.name, type: spec.type, feature: spec.feature, relay: found.name}
}

function unknownOption(line: ConfigLine): Result<never, ConfigFault> {
  const near = nearestOption(line.name)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  return configFault('unknown-option', `Unknown option '${line.name}'.${hint}`, line.place, line.name)
}

export function isList(type: OptionType): type is 'lines' | 'ports' {
  return type === 'lines' || type === 'ports'
}

function merge(
  target: Target,
  before: ConfigLine[],
  line: ConfigLine,
  seen: Set<string>,
  notices: string[]
): ConfigLine[] {
  const again = seen.has(target.name)
  seen.add(target.name)
  if (line.mode === 'clear') return []
  if (!isList(target.type)) {
    if (again)
      notices.push(`${printPlace(line.place)}: ${target.name} is given more than once; the last counts.`)
    return line.value === '' ? [] : [line]
  }
  if (line.value === '') {
    notices.push(`${printPlace(line.place)}: ${target.name} has no value and was skipped.`)
    return before
  }
  return again || line.mode === 'append' ? [...before, line] : [line]
}

function checkTypes(
  given: ReadonlyMap<string, readonly ConfigLine[]>,
  targets: ReadonlyMap<string, Target>
): Result<undefined, ConfigFault> {
  for (const [name, lines] of given) {
    const type = targets.get(name)?.type
    const line = lines.at(-1)
    if (type === undefined || line === undefined || isList(type)) continue
    if (parseOptionValue(type, line.value) === undefined) {
      return configFault(
        'bad-value',
        `${name} wants ${TYPE_WORDS[type]}, not '${line.value}'.`,
        line.place,
        name
      )
    }
  }
  return ok(undefined)
}

function readValues(given: ReadonlyMap<string, readonly ConfigLine[]>): OptionValuesByName {
  const testing = given.get('TestingTorNetwork')?.at(-1)?.value === '1'
  const out: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(relayOptions)) {
    const lines = given.get(name)
    if (isList(spec.type)) {
      out[name] = lines ?? []
      continue
    }
    const text = lines?.at(-1)?.value ?? initialText(name as RelayOptionName, testing)
    out[name] = text === undefined ? undefined : parseOptionValue(spec.type as SingleType, text)
  }
  return out as OptionValuesByName
}

function initialText(name: RelayOptionName, testing: boolean): string | undefined {
  const spec = relayOptions[name]
  return (testing ? spec.testing : undefined) ?? spec.initial
}

/** No notice for what changes nothing anyway: the default written out, or a port that is off. */
function effectlessNotices(
  given: ReadonlyMap<string, readonly ConfigLine[]>,
  targets: ReadonlyMap<string, Target>
): string[] {
  const out: string[] = []
  for (const [name, lines] of given) {
    const target = targets.get(name)
    const line = lines.at(-1)
    if (target === undefined || line === undefined) continue
    if (target.relay !== undefined && relayOptions[target.relay].status !== 'known') continue
    if (target.type === 'ports' && lines.every(each => each.value === '0')) continue
    if (isDefault(target, line)) continue
    out.push(
      `${printPlace(line.place)}: ${name} (${target.feature}) is an option of C tor that ramson does not have; it has no effect.`
    )
  }
  return out
}

function isDefault(target: Target, line: ConfigLine): boolean {
  return target.relay !== undefined && meansDefault(target.relay, line.value)
}

/** Whether a text says what the option's default says, maybe in other words. Never so for lists. */
export function meansDefault(name: RelayOptionName, text: string): boolean {
  const {type, initial} = relayOptions[name]
  if (isList(type) || initial === undefined) return false
  return JSON.stringify(parseOptionValue(type, text)) === JSON.stringify(parseOptionValue(type, initial))
}
