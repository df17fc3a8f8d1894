// A relay core with its defence by client address, as a relay has it, and clients on loopback addresses of their own.

import type {Duplex} from 'node:stream'
import type {RelayCoreDeps} from '../../src/app/relay-core.ts'
import {randomWithin} from '../../src/crypto/random.ts'
import {AddressDefence} from '../../src/roles/relay/dos/address-defence.ts'
import type {DosParams} from '../../src/roles/relay/dos/dos-params.ts'
import {startCore, type TestCore} from './core.ts'
import {RawLink} from './raw-link.ts'

export interface DefendedCore extends TestCore {
  readonly defence: AddressDefence
  readonly port: number
  /** A client's link from 127.0.0.`host`. */
  client(host: number): Promise<RawLink>
}

export async function startDefendedCore(
  params: DosParams,
  deps: Partial<RelayCoreDeps> = {}
): Promise<DefendedCore> {
  const nowMs = () => performance.now()
  const defence = new AddressDefence({params}, {nowMs, randomWithin, isListed: () => false})
  const started = await startCore({
    openDirectory: (stream: Duplex) => stream.pipe(stream),
    deps: {
      gate: defence,
      admits: channel => defence.admitsCircuit(channel),
      outboundQueueFull: channel => defence.outboundQueueFull(channel),
      ...deps
    }
  })
  started.core.channels.onOpened(({info}) => defence.channelOpened(info))
  const port = started.hop.addresses[0]?.port ?? 0
  return {
    ...started,
    defence,
    port,
    client: async host => (await RawLink.handshake(port, [4, 5], `127.0.0.${host}`)).link
  }
}
