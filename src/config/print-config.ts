// A configuration as torrc text again, for `--dump-config`: what was given, or every option that ramson reads with the
// value in force. Values that the text form cannot carry as they are come out quoted, so that the output can be read back.

import {isList} from './assign.ts'
import {findOption} from './option-names.ts'
import {type RelayOptionName, relayOptions} from './options.ts'
import type {RelayConfig} from './relay-config.ts'

export function printConfig(config: RelayConfig, level: 'short' | 'full'): string {
  const out: string[] = []
  const names = new Set(config.given.keys())
  if (level === 'full') for (const name of Object.keys(relayOptions)) names.add(name)
  // These keep their order, which sorting by name would lose.
  const serviceLines = config.onionServiceLines.map(line => ({...line, name: canonicalName(line.name)}))
  for (const {name} of serviceLines) names.delete(name)
  for (const name of [...names].sort((a, b) => a.localeCompare(b, 'en'))) {
    const lines = config.given.get(name)
    if (lines !== undefined) out.push(...lines.map(line => `${name} ${printValue(line.value)}`))
    else out.push(...defaultLine(name as RelayOptionName, config.testingTorNetwork))
  }
  out.push(...serviceLines.map(({name, value}) => `${name} ${printValue(value)}`))
  return out.length === 0 ? '' : `${out.join('\n')}\n`
}

function canonicalName(name: string): string {
  return findOption(name)?.name ?? name
}

function defaultLine(name: RelayOptionName, testingTorNetwork: boolean): string[] {
  const {type, initial, testing} = relayOptions[name]
  const value = (testingTorNetwork ? testing : undefined) ?? initial
  return isList(type) || value === undefined ? [] : [`${name} ${printValue(value)}`]
}

function printValue(value: string): string {
  if (!/^["\s]|[#\p{Cc}]|[\\\s]$/u.test(value)) return value
  const escaped = value.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, character => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}
