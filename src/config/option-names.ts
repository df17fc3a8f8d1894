// From a name as written to the option it means. Case does not matter; C tor's other spellings are understood; a name
// that means nothing gets the nearest one that does, so that a slip of the finger explains itself.

import {knownOptions, obsoleteOptions} from './known-options.ts'
import type {OptionType} from './option-value.ts'
import {type Feature, type RelayOptionName, relayOptions} from './options.ts'

export type FoundOption =
  | {readonly kind: 'relay'; readonly name: RelayOptionName}
  | {readonly kind: 'known'; readonly name: string; readonly type: OptionType; readonly feature: Feature}
  | {readonly kind: 'obsolete'; readonly name: string}

/** Other spellings that C tor takes. The controller's '__' forms of the ports differ only in not being saved. */
const ALIASES: Readonly<Record<string, RelayOptionName | 'UseEntryGuards' | 'ServerDNSResolvConfFile'>> = {
  l: 'Log',
  BandwidthRateBytes: 'BandwidthRate',
  BandwidthBurstBytes: 'BandwidthBurst',
  DirServer: 'DirAuthority',
  MaxConn: 'ConnLimit',
  MaxMemInCellQueues: 'MaxMemInQueues',
  NumCPU: 'NumCPUs',
  UseHelperNodes: 'UseEntryGuards',
  ResolvConf: 'ServerDNSResolvConfFile'
}

const BY_LOWER_NAME = indexNames()

function indexNames(): ReadonlyMap<string, FoundOption> {
  const out = new Map<string, FoundOption>()
  const add = (option: FoundOption) => out.set(option.name.toLowerCase(), option)
  for (const name of obsoleteOptions) add({kind: 'obsolete', name})
  for (const option of knownOptions) add({kind: 'known', ...option})
  for (const name of Object.keys(relayOptions) as RelayOptionName[]) add({kind: 'relay', name})
  for (const option of [...out.values()]) {
    const type = option.kind === 'relay' ? relayOptions[option.name].type : 'type' in option && option.type
    if (type === 'ports') out.set(`__${option.name.toLowerCase()}`, option)
  }
  for (const [alias, name] of Object.entries(ALIASES)) {
    const option = out.get(name.toLowerCase())
    if (option !== undefined) out.set(alias.toLowerCase(), option)
  }
  return out
}

export function findOption(name: string): FoundOption | undefined {
  return BY_LOWER_NAME.get(name.toLowerCase())
}

/** The option that alone begins with `name`, which C tor takes for it, too. */
export function findAbbreviated(name: string): FoundOption | undefined {
  const beginning = name.toLowerCase()
  const found = new Set<FoundOption>()
  for (const [written, option] of BY_LOWER_NAME) {
    if (option.kind !== 'obsolete' && written.startsWith(beginning)) found.add(option)
  }
  const [only] = found
  return found.size === 1 ? only : undefined
}

/** The names that `--list-torrc-options` prints: those that have an effect here, and no others. */
export function optionNames(): string[] {
  return namesOf(option => option.kind === 'relay' && relayOptions[option.name].status === 'done')
}

/** All names that a torrc may hold: also those of C tor's options that ramson does not have. */
export function knownOptionNames(): string[] {
  return namesOf(option => option.kind !== 'obsolete')
}

function namesOf(isWanted: (option: FoundOption) => boolean): string[] {
  const names: string[] = []
  for (const [written, option] of BY_LOWER_NAME) {
    if (!isWanted(option)) continue
    if (written === option.name.toLowerCase()) names.push(option.name)
    if (written === `__${option.name.toLowerCase()}`) names.push(`__${option.name}`)
  }
  const sorted = names.map(name => ({name, key: name.toLowerCase()})).sort((a, b) => (a.key < b.key ? -1 : 1))
  return sorted.map(({name}) => name)
}

/** The known name with the fewest edits to `name`, if at most a third of it would have to change. */
export function nearestOption(name: string): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of knownOptionNames().filter(each => !each.startsWith('__'))) {
    const distance = editDistance(wanted, candidate.toLowerCase(), least)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** Levenshtein's distance, or `limit` where it is at least that. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({length: b.length + 1}, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? limit) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? limit) + 1, (next[j - 1] ?? limit) + 1))
    }
    row = next
  }
  return Math.min(row[b.length] ?? limit, limit)
}
