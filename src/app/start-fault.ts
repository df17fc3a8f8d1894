// What stood in the way of a start, in words for the operator.

import {type DataDirFault, printDataDirFault} from '../datadir/fault.ts'
import type {StartFault} from './relay-node.ts'

export function printStartFault(fault: StartFault): string {
  switch (fault.code) {
    case 'cannot-listen':
    case 'metrics-port-taken':
      return fault.data?.message ?? 'A port could not be opened.'
    case 'no-orport':
      return 'There is no ORPort to listen on: a relay needs one. Add ORPort to the torrc.'
    default:
      return printDataDirFault(fault as DataDirFault)
  }
}
