// What an authority keeps of the shared random protocol over a restart, as the text of C tor's `sr-state` file.

import {toBase64} from '../../../bytes/base64.ts'
import {MAX_INT32, parseBase64, parseDecimal} from '../../../netdoc/argument.ts'
import type {SharedRandomValue} from '../../../netdoc/consensus/consensus.ts'
import {formatTime, parseTime} from '../../../netdoc/time.ts'
import {commitArguments, parseCommit} from '../../../netdoc/vote/shared-random-commit.ts'
import type {SharedRandomMemory} from './state.ts'

const VERSION = '1'

/** @param version name and number of our software */
export function printSharedRandomMemory(memory: SharedRandomMemory, version: string, now: Date): string {
  const {previous, current, commits, validAfter, validUntil} = memory
  const time = (seconds: number) => formatTime(new Date(seconds * 1000))
  const value = (key: string, of: SharedRandomValue | undefined) =>
    of === undefined ? [] : [`${key} ${of.reveals} ${toBase64(of.value)}`]
  const lines = [
    `# Tor shared random state file last generated on ${formatTime(now)} UTC`,
    '# Please *do not* edit this file.',
    '',
    ...commits.map(commit => `Commit ${commitArguments(commit).join(' ')}`),
    ...value('SharedRandPreviousValue', previous),
    ...value('SharedRandCurrentValue', current),
    `TorVersion ${version}`,
    `ValidAfter ${time(validAfter)}`,
    `ValidUntil ${time(validUntil)}`,
    `Version ${VERSION}`
  ]
  return `${lines.join('\n')}\n`
}

/** Undefined for a text that is no such file, or one of a version that we do not know. */
export function parseSharedRandomMemory(text: string): SharedRandomMemory | undefined {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const all = (key: string) =>
    lines.filter(line => line.startsWith(`${key} `)).map(line => line.slice(key.length + 1).trim())
  const validAfter = parseTime(all('ValidAfter')[0] ?? '')
  const validUntil = parseTime(all('ValidUntil')[0] ?? '')
  if (all('Version')[0] !== VERSION || validAfter === undefined || validUntil === undefined) return undefined
  if (validAfter >= validUntil) return undefined
  return {
    validAfter: Number(validAfter) / 1000,
    validUntil: Number(validUntil) / 1000,
    commits: all('Commit').flatMap(line => parseCommit(line.split(/\s+/)) ?? []),
    previous: parseValue(all('SharedRandPreviousValue')[0]),
    current: parseValue(all('SharedRandCurrentValue')[0])
  }
}

function parseValue(text: string | undefined): SharedRandomValue | undefined {
  const [reveals = '', encoded = ''] = text?.split(/\s+/) ?? []
  const count = parseDecimal(reveals, 0, MAX_INT32)
  const value = parseBase64(encoded, 32)
  return count === undefined || value === undefined ? undefined : {reveals: count, value}
}
