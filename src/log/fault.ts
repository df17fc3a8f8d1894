// What can keep the log from being opened. Once it is open, nothing about logging fails loudly.

import {type Fault, localFault} from '../fault/fault.ts'
import {type Err, err} from '../fault/result.ts'

export type LogFault = Fault<'unopenable', {readonly path: string; readonly message: string}>

export function unopenable(path: string, message: string): Err<LogFault> {
  return err(localFault('unopenable', {path, message}))
}

export function printLogFault(fault: LogFault): string {
  return fault.data === undefined ? fault.code : `${fault.data.path}: ${fault.data.message}`
}
