// Turns the event records of a shard into calls on the control plane, one after the other.

import {BugError} from '../../fault/fault.ts'
import {CELL_BODY_LENGTH} from '../../wire/channel-cell.ts'
import type {ChannelHandle, CircuitHandle, CircuitViolation, DataPlaneEvents} from '../contract.ts'
import {RecordReader} from './record-reader.ts'
import {EventKind, RecordFlag, ViolationCode} from './records.ts'

const VIOLATIONS = new Map<number, CircuitViolation>(
  Object.entries(ViolationCode).map(([name, code]) => [code, name as CircuitViolation])
)

/** The octets that handlers see are views of `records`. */
export function dispatchEvents(records: Uint8Array, events: DataPlaneEvents): void {
  const reader = new RecordReader(records)
  reader.start(records.length)
  while (reader.next()) dispatch(reader, events)
}

function dispatch(reader: RecordReader, events: DataPlaneEvents): void {
  const circuit = reader.subject as CircuitHandle
  switch (reader.kind) {
    case EventKind.CONTROL_CELL:
      events.controlCell(reader.subject as ChannelHandle, reader.circId, reader.command, reader.payload())
      break
    case EventKind.RECOGNIZED: {
      const isEarly = (reader.flags & RecordFlag.EARLY) !== 0
      const body = reader.payload(0, CELL_BODY_LENGTH)
      events.recognized(circuit, isEarly, body, reader.payload(CELL_BODY_LENGTH))
      break
    }
    case EventKind.ORIGINATED_TAG:
      events.originatedTag(circuit, reader.payload())
      break
    case EventKind.ORIGIN_CELL:
      events.originCell(circuit, reader.payload())
      break
    case EventKind.VIOLATION: {
      const violation = VIOLATIONS.get(reader.code)
      if (violation === undefined) throw new BugError('shard-violation', String(reader.code))
      events.violation(circuit, violation)
      break
    }
    case EventKind.DRAINED:
      events.drained(circuit)
      break
    case EventKind.CELLS_WAITED:
      events.cellsWaited?.(circuit, {
        cells: reader.number,
        waitedMs: reader.object,
        lastedMs: readU32LittleEndian(reader.payload())
      })
      break
    default:
      throw new BugError('shard-event', String(reader.kind))
  }
}

function readU32LittleEndian([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number {
  return d * 2 ** 24 + c * 2 ** 16 + b * 2 ** 8 + a
}
