// Circuits and streams of our own as a line, the same in GETINFO and in events (control-spec 4.1.1, 4.1.2).

import type {ControlledCircuit, ControlledStream} from './node.ts'

/** `5 BUILT $AA~a,$BB~b BUILD_FLAGS=NEED_CAPACITY PURPOSE=GENERAL TIME_CREATED=2026-11-22T17:00:00.000000` */
export function circuitLine(circuit: ControlledCircuit): string {
  const {id, status, path, purpose, isOneHop, createdAt, reason, remoteReason} = circuit
  const words = [
    `${id} ${status}`,
    path.join(','),
    `BUILD_FLAGS=${isOneHop ? 'ONEHOP_TUNNEL,IS_INTERNAL' : 'IS_INTERNAL,NEED_CAPACITY'}`,
    `PURPOSE=${purpose}`,
    `TIME_CREATED=${createdAt.toISOString().replace('Z', '000')}`,
    reason === undefined ? '' : `REASON=${reason}`,
    remoteReason === undefined ? '' : `REMOTE_REASON=${remoteReason}`
  ]
  return words.filter(word => word !== '').join(' ')
}

/** `5 PURPOSE_CHANGED $AA~a,$BB~b BUILD_FLAGS=… PURPOSE=CONTROLLER TIME_CREATED=… OLD_PURPOSE=GENERAL` (4.1.12) */
export function purposeLine(circuit: ControlledCircuit, before: string): string {
  const [id, , ...rest] = circuitLine(circuit).split(' ')
  return [id, 'PURPOSE_CHANGED', ...rest, `OLD_PURPOSE=${before}`].join(' ')
}

/** `7 SUCCEEDED 5 address.onion:80` */
export function streamLine({id, status, circuit, target}: ControlledStream): string {
  return `${id} ${status} ${circuit} ${target}`
}
