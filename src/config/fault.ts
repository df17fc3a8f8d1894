// What can be wrong with a configuration. Every fault says where (file and line, or the command line) and in one plain
// sentence what, because the reader is an operator whose relay has just refused to start.

import {type Fault, localFault} from '../fault/fault.ts'
import {type Err, err} from '../fault/result.ts'

/** Where a line of configuration came from; `line` counts from 1 and is undefined on the command line. */
export interface ConfigPlace {
  readonly source: string
  readonly line?: number
}

export type ConfigFaultCode =
  | 'syntax'
  | 'include'
  | 'unreadable'
  | 'unknown-option'
  | 'bad-value'
  | 'out-of-range'
  | 'refused'

export interface ConfigFaultData {
  readonly message: string
  readonly place?: ConfigPlace
  readonly option?: string
}

export type ConfigFault = Fault<ConfigFaultCode, ConfigFaultData>

export function configFault(
  code: ConfigFaultCode,
  message: string,
  place?: ConfigPlace,
  option?: string
): Err<ConfigFault> {
  const data = {message, ...(place && {place}), ...(option !== undefined && {option})}
  return err(localFault(code, data) as ConfigFault)
}

export function printPlace(place: ConfigPlace): string {
  return place.line === undefined ? place.source : `${place.source}, line ${place.line}`
}

/** One line for a person: `torrc, line 3: Unknown option 'Nicknam'. Did you mean Nickname?` */
export function printConfigFault(fault: ConfigFault): string {
  const data = fault.data
  if (data === undefined) return fault.code
  return data.place === undefined ? data.message : `${printPlace(data.place)}: ${data.message}`
}
