// Decoding and encoding of what the control plane sees: the cells that open circuits, and relay messages.

import {decode, encode} from '../src/codec/codec.ts'
import {create2, HandshakeType} from '../src/wire/create.ts'
import {extend2} from '../src/wire/extend2.ts'
import {RelayCommand, relayCellV0} from '../src/wire/relay-cell.ts'
import type {Measurement} from './measure.ts'

const UNITS = 64

export function wireMeasurements(): Measurement[] {
  const relayCell = {
    command: RelayCommand.DATA,
    recognized: 0,
    streamId: 1,
    digest: new Uint8Array(4),
    data: new Uint8Array(498),
    padding: new Uint8Array(0)
  }
  const create = {handshakeType: HandshakeType.NTOR, onionSkin: new Uint8Array(84)}
  const extend = {
    linkSpecifiers: [
      {kind: 'ipv4' as const, address: new Uint8Array(4), port: 9001},
      {kind: 'rsaIdentity' as const, identity: new Uint8Array(20)},
      {kind: 'ed25519Identity' as const, identity: new Uint8Array(32)}
    ],
    handshakeType: HandshakeType.NTOR,
    onionSkin: new Uint8Array(84)
  }
  const repeat = (run: () => void) => () => {
    for (let i = 0; i < UNITS; i++) run()
  }
  const both = (name: string, write: () => Uint8Array, read: (octets: Uint8Array) => void): Measurement[] => {
    const octets = write()
    const common = {name, unit: 'call', units: UNITS}
    return [
      {group: 'decode', ...common, run: repeat(() => read(octets))},
      {group: 'encode', ...common, run: repeat(write)}
    ]
  }
  return [
    ...both(
      'relay cell V0',
      () => encode(relayCellV0, relayCell),
      octets => decode(relayCellV0, octets)
    ),
    ...both(
      'CREATE2',
      () => encode(create2, create),
      octets => decode(create2, octets)
    ),
    ...both(
      'EXTEND2',
      () => encode(extend2, extend),
      octets => decode(extend2, octets)
    )
  ]
}
