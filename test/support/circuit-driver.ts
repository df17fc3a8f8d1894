// A C tor client that builds no circuit of its own accord: every path is chosen by the test, every stream attached by it.

import type {Socket} from 'node:net'
import {closeCircuit, extendCircuit, StreamAttacher} from './circuits.ts'
import type {ControlClient} from './control-client.ts'
import {socksConnect} from './socks-client.ts'
import type {TorNetwork} from './tor-network.ts'
import type {TorNode} from './tor-node.ts'

export class CircuitDriver {
  readonly node: TorNode
  readonly control: ControlClient
  readonly #attacher: StreamAttacher

  private constructor(node: TorNode, control: ControlClient) {
    this.node = node
    this.control = control
    this.#attacher = new StreamAttacher(control)
  }

  /** Starts the client and waits until it knows the microdescriptors of all of `fingerprints`. */
  static async start(
    network: TorNetwork,
    name: string,
    fingerprints: readonly string[],
    torrc: readonly string[] = []
  ): Promise<CircuitDriver> {
    const lines = [
      '__DisablePredictedCircuits 1',
      '__LeaveStreamsUnattached 1',
      'UseEntryGuards 0',
      'LearnCircuitBuildTimeout 0',
      'CircuitBuildTimeout 30',
      ...torrc
    ]
    const node = await network.addClient(name, lines, 'NoIsolateSOCKSAuth')
    node.start()
    const control = await node.control()
    await control.setEvents('CIRC', 'STREAM')
    await node.knows(fingerprints)
    return new CircuitDriver(node, control)
  }

  /** Builds one circuit; rejects with a CircuitFailure. */
  build(path: readonly string[]): Promise<string> {
    return extendCircuit(this.control, path)
  }

  close(circuitId: string): Promise<void> {
    return closeCircuit(this.control, circuitId)
  }

  /**
   * Builds `count` circuits, `atOnce` at a time, over the path that `pathOf` gives for each index, and closes each. Gives
   * what became of every one: undefined when it was BUILT, else why it was not.
   */
  async buildMany(
    count: number,
    atOnce: number,
    pathOf: (index: number) => readonly string[]
  ): Promise<readonly (string | undefined)[]> {
    const outcomes: (string | undefined)[] = []
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < count) {
        const index = next++
        try {
          await this.close(await this.build(pathOf(index)))
          outcomes[index] = undefined
        } catch (error) {
          outcomes[index] = String(error)
        }
      }
    }
    await Promise.all(Array.from({length: atOnce}, worker))
    return outcomes
  }

  /** A connection to a local port through the last hop of this circuit. */
  connect(circuitId: string, port: number): Promise<Socket> {
    return socksConnect({
      socksPort: this.node.socksPort,
      host: '127.0.0.1',
      port,
      user: this.#attacher.userFor(circuitId)
    })
  }
}
