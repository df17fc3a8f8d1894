// Onion skins, as many as the relay answers: a number of them always under way over a few links, each answered one followed by
// DESTROY. The skins are made beforehand and used again and again, and one answer in many is checked to the last octet, or the
// generator would cost more than the relay.

import {setTimeout as sleep} from 'node:timers/promises'
import {decode, encode} from '../../src/codec/codec.ts'
import {completeNtor, openNtor} from '../../src/crypto/ntor.ts'
import {completeNtorV3, openNtorV3} from '../../src/crypto/ntor-v3.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {create2, created2, HandshakeType} from '../../src/wire/create.ts'
import {CELL} from './cell-link.ts'
import {cellOf, must} from './circuit.ts'
import {Network} from './network.ts'
import {cpuNs, type RelayUnderTest} from './relay-process.ts'
import type {Figures} from './shapes.ts'

const {CREATE2, CREATED2, DESTROY} = ChannelCommand
const LINKS = 8
const OUTSTANDING = 128
const SKINS = 256
const CHECKED_EVERY = 64
const KEYS_LENGTH = 92
const WARM_UP_MS = 500

interface Skin {
  readonly onionSkin: Uint8Array
  readonly isAnswered: (reply: Uint8Array) => boolean
}

export async function storm(
  relay: RelayUnderTest,
  seconds: number,
  handshake: 'ntor' | 'ntor-v3'
): Promise<Figures> {
  const network = new Network(relay)
  try {
    await network.openLinks(LINKS)
    return await run(network, relay, seconds, handshake)
  } finally {
    network.close()
  }
}

async function run(
  network: Network,
  relay: RelayUnderTest,
  seconds: number,
  handshake: 'ntor' | 'ntor-v3'
): Promise<Figures> {
  const skins = Array.from({length: SKINS}, () => (handshake === 'ntor' ? ntor(network) : ntorV3(network)))
  const handshakeType = handshake === 'ntor' ? HandshakeType.NTOR : HandshakeType.NTOR_V3
  const bodies = skins.map(({onionSkin}) => encode(create2, {handshakeType, onionSkin}))
  let answered = 0
  let refused = 0
  let isStopped = false
  let fault: Error | undefined
  for (const {link} of network.desks) {
    let nextId = 0x80000001
    const open = (): void => {
      const id = nextId++
      link.write(cellOf(id, CREATE2, bodies[id % SKINS] as Uint8Array))
    }
    link.cells = (_, octets, first, count) => {
      for (let i = 0, at = first; i < count; i++, at += CELL) {
        const command = octets[at + 4]
        const id = octets.readUInt32BE(at)
        if (command === CREATED2) {
          if (answered++ % CHECKED_EVERY === 0) {
            const {reply} = must(decode(created2, octets.subarray(at + 5, at + CELL)))
            if (!(skins[id % SKINS] as Skin).isAnswered(reply))
              fault ??= new Error('a wrong answer to an onion skin')
          }
          link.write(cellOf(id, DESTROY, new Uint8Array(1)))
        } else if (command === DESTROY) refused++
        else continue
        if (!isStopped) open()
      }
    }
    link.onClose = () => {
      fault ??= new Error('the relay closed a link under onion skins')
    }
    for (let i = 0; i < OUTSTANDING / LINKS; i++) open()
  }
  await sleep(WARM_UP_MS)
  const before = {answered, refused, cpu: cpuNs(relay.pid), time: performance.now()}
  await sleep(seconds * 1000)
  const made = answered - before.answered
  const cpu = cpuNs(relay.pid) - before.cpu
  const elapsed = (performance.now() - before.time) / 1000
  isStopped = true
  await sleep(200)
  if (fault !== undefined) throw fault
  return {
    handshakesPerSecond: made / elapsed,
    cpuUsPerHandshake: cpu / 1000 / made,
    handshakesPerCpuSecond: made / (cpu / 1e9),
    refusedShare: (refused - before.refused) / (made + refused - before.refused)
  }
}

function ntor({relay}: Network): Skin {
  const {onionSkin, state} = openNtor({identity: relay.rsaIdentity, onionKey: relay.ntorOnionKey})
  return {onionSkin, isAnswered: reply => completeNtor(state, reply, KEYS_LENGTH).ok}
}

function ntorV3({relay}: Network): Skin {
  const opened = must(
    openNtorV3({identity: relay.ed25519Identity, onionKey: relay.ntorOnionKey}, Uint8Array.of(0))
  )
  return {
    onionSkin: opened.onionSkin,
    isAnswered: reply => completeNtorV3(opened.state, reply, () => KEYS_LENGTH).ok
  }
}
