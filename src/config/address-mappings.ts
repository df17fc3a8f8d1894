// `MapAddress ADDRESS NEWADDRESS`: what applications ask the SocksPort for, and what is reached in its place. Either may begin
// with `*.` for an address and all below it. As with C tor, a line that makes no sense is passed over with a notice.

import type {ConfigLine} from './torrc-text.ts'

export interface AddressMapping {
  readonly from: string
  readonly to: string
}

export function parseAddressMappings(lines: readonly ConfigLine[], notices: string[]): AddressMapping[] {
  const mappings: AddressMapping[] = []
  for (const {value} of lines) {
    const [from = '', to, ...more] = value.trim().split(/\s+/)
    const why = to === undefined ? 'has too few arguments' : mappingFault(from, to)
    if (why !== undefined) notices.push(`MapAddress '${value}' ${why}; it is ignored.`)
    else mappings.push({from, to: to ?? ''})
    if (more.length > 0) notices.push(`MapAddress '${value}' has more than two arguments; those are ignored.`)
  }
  return mappings
}

const NAME = /^(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?$/
const IPV6 = /^\[?[0-9A-Fa-f:.]+\]?$/
const LONGEST = 255

/** In words, where the mapping makes no sense. */
export function mappingFault(from: string, to: string): string | undefined {
  if (from.startsWith('.') || to.startsWith('.')) return 'is ambiguous: an address begins with a dot'
  if (!isAddress(from)) return 'maps what is no address'
  if (!isAddress(to)) return 'maps to what is no address'
  if (to.startsWith('*.') && !from.startsWith('*.')) return 'maps one address to many'
  return undefined
}

function isAddress(text: string): boolean {
  return text.length <= LONGEST && (NAME.test(text) || (text.includes(':') && IPV6.test(text)))
}
