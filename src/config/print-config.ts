// A configuration as torrc text again, for `--dump-config`, as C tor prints it: what differs from the defaults, or every option
// that ramson reads with the value in force. Amounts and times are plain numbers; values that the text form cannot carry as
// they are come out quoted, so that the output can be read back.

import {isList, meansDefault} from './assign.ts'
import {findOption} from './option-names.ts'
import {canonicalText} from './option-value.ts'
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
    if (lines !== undefined) {
      const isDefault = level === 'short' && saysDefault(name, lines.at(-1)?.value ?? '')
      if (!isDefault) out.push(...lines.map(line => `${name} ${printValue(canonical(name, line.value))}`))
    } else out.push(...defaultLine(name as RelayOptionName, config.testingTorNetwork))
  }
  out.push(...serviceLines.map(({name, value}) => `${name} ${printValue(value)}`))
  return out.length === 0 ? '' : `${out.join('\n')}\n`
}

/** Their defaults are not C tor's, which may read the output as well. */
const OWN_DEFAULTS: ReadonlySet<string> = new Set(['ExitRelay'])

function saysDefault(name: string, text: string): boolean {
  if (OWN_DEFAULTS.has(name)) return false
  return Object.hasOwn(relayOptions, name) && meansDefault(name as RelayOptionName, text)
}

function canonical(name: string, text: string): string {
  const found = findOption(name)
  if (found === undefined || found.kind === 'obsolete') return text
  const type = found.kind === 'known' ? found.type : relayOptions[found.name].type
  return isList(type) ? text : canonicalText(type, text)
}

function canonicalName(name: string): string {
  return findOption(name)?.name ?? name
}

function defaultLine(name: RelayOptionName, testingTorNetwork: boolean): string[] {
  const {type, initial, testing} = relayOptions[name]
  const value = (testingTorNetwork ? testing : undefined) ?? initial
  return isList(type) || value === undefined ? [] : [`${name} ${printValue(canonical(name, value))}`]
}

function printValue(value: string): string {
  if (!/^["\s]|[#\p{Cc}]|[\\\s]$/u.test(value)) return value
  const escaped = value.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, character => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}
