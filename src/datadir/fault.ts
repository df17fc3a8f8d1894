// What can be wrong with a DataDirectory. All of it is local and ends a start; the path is in the fault because the reader
// is the operator. No fault holds a file's content.

import {type Fault, localFault} from '../fault/fault.ts'
import {type Err, err} from '../fault/result.ts'

export type DataDirCode =
  | 'unreadable'
  | 'unwritable'
  | 'too-large'
  | 'wrong-owner'
  | 'not-a-directory'
  | 'locked'
  | 'cannot-lock'
  | 'malformed-key'
  | 'key-mismatch'
  | 'half-identity'
  | 'master-key-missing'
  | 'family-key-missing'
  | 'key-exists'

export interface DataDirFaultData {
  readonly path: string
  readonly message: string
}

export type DataDirFault = Fault<DataDirCode, DataDirFaultData>

/** `message` is a sentence without the path. */
export function dataDirFault(code: DataDirCode, path: string, message: string): Err<DataDirFault> {
  return err(localFault(code, {path, message}) as DataDirFault)
}

export function printDataDirFault(fault: DataDirFault): string {
  return fault.data === undefined ? fault.code : `${fault.data.path}: ${fault.data.message}`
}
