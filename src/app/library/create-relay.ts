// A relay in somebody else's process: what `ramson -f torrc` runs, without what belongs to a process.

import {ipToText} from '../../bytes/ip-address.ts'
import {findOption} from '../../config/option-names.ts'
import {RelayNode} from '../relay-node.ts'
import {closedIfAborted} from './abort.ts'
import {RamsonError, startError} from './errors.ts'
import {type LogOptions, openLog} from './log.ts'
import {ownDirectory} from './temporary-directory.ts'
import {added, configOf, linesOf, type TorNetwork} from './tor-network.ts'

export interface RelayOptions extends LogOptions {
  /**
   * The settings, as in a torrc file; at least an `ORPort`. Lines that are the process's (`Log`, `PidFile`) have no
   * effect. Without a `DataDirectory` line the relay gets a temporary one, and a new identity with it.
   */
  readonly torrc: string
  /** The network that it belongs to, where the torrc does not say so itself. */
  readonly network?: TorNetwork | undefined
  /** Gives up the start. What has started is ended by `close`. */
  readonly signal?: AbortSignal | undefined
}

/** A relay that runs. */
export interface Relay extends AsyncDisposable {
  /** The RSA identity: 40 hexadecimal digits in upper case. */
  readonly fingerprint: string
  /** Where it listens for links; a port that was `auto` in the torrc is a number here. */
  readonly addresses: readonly {readonly host: string; readonly port: number}[]
  /** Relays that its newest consensus lists as running; 0 as long as it has none. */
  readonly knownRelays: number
  /** Links with other relays and with clients at the moment. */
  readonly links: number
  /** Circuits at the moment. */
  readonly circuits: number
  /** Takes no more links; those that there are go on. */
  stopListening(): void
  /** Ends links and circuits, writes the state, and resolves when nothing is open any more. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts a relay. Resolves when it listens; that it is in the consensus is up to the authorities and later.
 *
 * @throws {RamsonError} `settings`, `directory` or `cannot-start`; or the signal's reason, when everything is closed again
 */
export async function createRelay(options: RelayOptions): Promise<Relay> {
  const {torrc, network, signal} = options
  signal?.throwIfAborted()
  const own = linesOf(torrc, 'torrc').some(({name}) => findOption(name)?.name === 'DataDirectory')
  const directory = own ? undefined : await ownDirectory(undefined)
  try {
    const config = configOf(
      network,
      torrc,
      directory === undefined ? [] : [added('DataDirectory', directory.path)]
    )
    if (config.orPorts.length === 0) throw new RamsonError('settings', 'torrc: a relay needs an ORPort.')
    const started = await closedIfAborted(
      RelayNode.start({config, logger: openLog(options)}),
      signal,
      async result => {
        if (result.ok) await result.value.close()
      }
    )
    if (!started.ok) throw startError(started.fault)
    return relayOf(started.value, async () => directory?.close())
  } catch (error) {
    await directory?.close()
    throw error
  }
}

function relayOf(node: RelayNode, removeDirectory: () => Promise<void>): Relay {
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= node.close().then(removeDirectory)
    return closing
  }
  return {
    fingerprint: node.fingerprint,
    addresses: node.listeners.map(({octets, port}) => ({host: ipToText(octets), port})),
    get knownRelays() {
      return node.network.netDir?.relays.length ?? 0
    },
    get links() {
      return node.core.channels.size
    },
    get circuits() {
      return node.core.registry.size
    },
    stopListening: () => node.stopListening(),
    close,
    [Symbol.asyncDispose]: close
  }
}
