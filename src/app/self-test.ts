// Whether our ORPorts can be reached from outside, one family of addresses at a time: IPv4 before anything is published, IPv6
// before the descriptor tells of it. For each, a circuit goes over two relays and back to us; the second of them can reach
// that family, and would not extend to us if we were the hop before it.

import {equal} from '../bytes/octets.ts'
import type {PathHop} from '../circuit/open-circuit.ts'
import type {AddressFamily} from '../config/address.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import type {OpenChannel} from '../dataplane/channel-map.ts'
import type {Logger} from '../log/logger.ts'
import type {Relay} from '../netdir/relay.ts'
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
  readonly address: Pick<RelayAddress, AddressFamily | 'suggest'>
  /** We, without addresses. */
  readonly ourselves: () => Omit<PathHop, 'addresses'>
  readonly config: () => Pick<RelayConfig, 'assumeReachable' | 'assumeReachableIpv6'>
  readonly orPort: (family: AddressFamily) => number | undefined
  readonly logger: Pick<Logger, 'notice' | 'warn'>
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
    const ourselves = this.#deps.ourselves()
    const octets = address[family]
    const port = orPort(family)
    const isOther = ({status}: Relay) => !equal(status.identity, ourselves.rsaIdentity)
    const last = network.randomRelay(
      relay => isOther(relay) && (family === 'ipv4' || relay.status.ipv6 !== undefined)
    )
    const first = network.randomRelay(
      relay => isOther(relay) && last !== undefined && !equal(relay.status.identity, last.status.identity)
    )
    if (first === undefined || last === undefined || octets === undefined || port === undefined) return
    const path = [pathHop(first), pathHop(last), {...ourselves, addresses: [{octets, port}]}]
    const built = await core.build(path, SELF_TEST_TIMEOUT_MS)
    if (built.ok) built.value.circuit.close()
  }
}
