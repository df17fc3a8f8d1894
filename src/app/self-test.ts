// Whether our ORPorts can be reached from outside, one family of addresses at a time: IPv4 before anything is published, IPv6
// before the descriptor tells of it. For each, circuits that come back to us go through relays that can reach that family.

import type {AddressFamily} from '../config/address.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {rsaIdentity} from '../crypto/rsa.ts'
import type {RelayKeys} from '../datadir/relay-keys.ts'
import type {OpenChannel} from '../dataplane/channel-map.ts'
import type {Logger} from '../log/logger.ts'
import {ReachabilityTest} from '../roles/relay/reachability.ts'
import type {NetworkKnowledge} from './network-knowledge.ts'
import type {RelayAddress} from './relay-address.ts'
import {pathHop, type RelayCore} from './relay-core.ts'

const SELF_TEST_TIMEOUT_MS = 20_000
const FAMILIES = ['ipv4', 'ipv6'] as const
const NAMES = {ipv4: 'IPv4', ipv6: 'IPv6'} as const

export interface SelfTestDeps {
  readonly core: Pick<RelayCore, 'build'>
  readonly network: Pick<NetworkKnowledge, 'randomRelay' | 'isTrustedToSeeUs'>
  readonly address: RelayAddress
  readonly keys: () => RelayKeys
  readonly config: () => RelayConfig
  readonly orPort: (family: AddressFamily) => number | undefined
  readonly logger: Logger
}

export class SelfTest {
  readonly #deps: SelfTestDeps
  readonly #tests: Readonly<Record<AddressFamily, ReachabilityTest>>
  readonly #running = new Set<AddressFamily>()

  constructor(deps: SelfTestDeps) {
    this.#deps = deps
    this.#tests = {ipv4: this.#test('ipv4'), ipv6: this.#test('ipv6')}
  }

  /** Begins what is to be tested by the settings of the moment, and ends what is not. */
  configure(nowMs: number): void {
    for (const family of FAMILIES) {
      const isWanted = !this.#isAssumed(family) && this.#deps.orPort(family) !== undefined
      if (isWanted && !this.#running.has(family)) this.#tests[family].start(nowMs)
      if (!isWanted && this.#running.has(family)) this.#tests[family].stop()
      if (isWanted) this.#running.add(family)
      else this.#running.delete(family)
    }
  }

  stop(): void {
    for (const test of Object.values(this.#tests)) test.stop()
    this.#running.clear()
  }

  isReachable(family: AddressFamily): boolean {
    return this.#isAssumed(family) || this.#tests[family].state === 'reachable'
  }

  /** Hears of every channel; some prove that we are reachable, some tell under which address. */
  channelOpened(channel: OpenChannel): void {
    const {network, address} = this.#deps
    for (const family of FAMILIES) this.#tests[family].channelOpened(channel)
    const seen = channel.info.ownAddressSeen
    if (!network.isTrustedToSeeUs(channel) || !address.suggest(seen)) return
    const family = seen.length === 4 ? 'ipv4' : 'ipv6'
    if (this.#running.has(family)) this.#tests[family].restart(Date.now())
  }

  #isAssumed(family: AddressFamily): boolean {
    const {assumeReachable, assumeReachableIpv6} = this.#deps.config()
    if (family === 'ipv4' || assumeReachableIpv6 === 'auto') return assumeReachable
    return assumeReachableIpv6
  }

  #test(family: AddressFamily): ReachabilityTest {
    const {logger, address} = this.#deps
    return new ReachabilityTest({
      address: () => address[family],
      buildCircuitToOurselves: () => this.#buildCircuit(family),
      reachable: () => {
        logger.notice(
          `Self-testing indicates your ORPort is reachable from the outside over ${NAMES[family]}. Excellent.`
        )
      },
      stillUnreachable: () => {
        const consequence =
          family === 'ipv4'
            ? 'Relays do not publish descriptors until their ORPort is reachable.'
            : 'The descriptor does not tell of the IPv6 address until then.'
        logger.warn(
          `Your server has not managed to confirm reachability for its ORPort over ${NAMES[family]}. ${consequence} ` +
            'Please check your firewalls, ports and address.'
        )
      }
    })
  }

  /** A circuit to ourselves by way of a relay of the consensus, which gets our address of that family alone. */
  async #buildCircuit(family: AddressFamily): Promise<void> {
    const {address, network, core, orPort} = this.#deps
    const {identity, onion} = this.#deps.keys()
    const octets = address[family]
    const port = orPort(family)
    const first = network.randomRelay(({status}) => family === 'ipv4' || status.ipv6 !== undefined)
    if (first === undefined || octets === undefined || port === undefined) return
    const ourselves = {
      rsaIdentity: rsaIdentity(identity.rsa.public),
      ed25519Identity: identity.ed25519,
      addresses: [{octets, port}],
      ntorOnionKey: onion.ntor.public
    }
    const built = await core.build([pathHop(first), ourselves], SELF_TEST_TIMEOUT_MS)
    if (built.ok) built.value.circuit.close()
  }
}
