// A client and a service at one relay, by hand, from a loopback address of their own: introduction points, introductions and
// rendezvous over one hop, most of which a relay refuses, and every other kind of thing that it refuses. Whatever they know
// and nobody else should goes among the needles.

import {randomBytes} from 'node:crypto'
import {connect} from 'node:net'
import {fromText} from '../../src/bytes/octets.ts'
import {generateEd25519} from '../../src/crypto/ed25519.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import type {Needles} from './needles.ts'
import {establishIntroBody, introduce1Body, madeDescriptor, rendezvous1Body} from './onion-messages.ts'
import {RawCircuit} from './raw-circuit.ts'
import {RawLink} from './raw-link.ts'

const COOKIE = 20
const ANSWER_MS = 1000
/** Links that are opened at once to be more than one address may have. */
const TOO_MANY_LINKS = 30

export class RawVisitor {
  /** Visits that went as they should, and what the relay refused. */
  readonly done = {visits: 0, refusals: 0}
  readonly #port: number
  readonly #needles: Needles
  #circuits = 0

  constructor(port: number, needles: Needles) {
    this.#port = port
    this.#needles = needles
  }

  async visit(address: string): Promise<void> {
    this.#needles.addAddress('client address', address)
    const {link} = await RawLink.handshake(this.#port, [4, 5], address)
    try {
      await this.#introduce(link)
      await this.#meet(link)
      await this.#askForDescriptors(link)
    } finally {
      link.close()
    }
    await this.#misbehave(address)
    this.done.visits++
  }

  /** More links than the defence lets one address have, and links that are none. */
  async crowd(address: string): Promise<void> {
    this.#needles.addAddress('client address', address)
    const links = await Promise.allSettled(
      Array.from({length: TOO_MANY_LINKS}, () => RawLink.handshake(this.#port, [4], address))
    )
    this.done.refusals += links.filter(({status}) => status === 'rejected').length
    for (const opened of links) if (opened.status === 'fulfilled') opened.value.link.close()
    for (const said of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x00\x05hello']) await this.#say(address, said)
  }

  async #introduce(link: RawLink): Promise<void> {
    const authKey = generateEd25519()
    this.#needles.addOctets('introduction key', authKey.public)
    const service = await this.#circuit(link)
    service.send(RelayCommand.ESTABLISH_INTRO, 0, establishIntroBody({authKey, keyHash: service.keyHash}))
    await this.#refused(service)
    const client = await this.#circuit(link)
    client.send(RelayCommand.INTRODUCE1, 0, introduce1Body(authKey.public))
    await this.#refused(client)
    const stranger = generateEd25519()
    this.#needles.addOctets('introduction key', stranger.public)
    const lost = await this.#circuit(link)
    lost.send(RelayCommand.INTRODUCE1, 0, introduce1Body(stranger.public))
    await this.#refused(lost)
    // Signed for another circuit.
    const liar = await this.#circuit(link)
    liar.send(
      RelayCommand.ESTABLISH_INTRO,
      0,
      establishIntroBody({authKey: stranger, keyHash: service.keyHash})
    )
    await this.#refused(liar)
  }

  async #meet(link: RawLink): Promise<void> {
    const cookie = this.#cookie()
    const client = await this.#circuit(link)
    client.send(RelayCommand.ESTABLISH_RENDEZVOUS, 0, cookie)
    await this.#refused(client)
    const rival = await this.#circuit(link)
    rival.send(RelayCommand.ESTABLISH_RENDEZVOUS, 0, cookie)
    await this.#refused(rival)
    const service = await this.#circuit(link)
    service.send(RelayCommand.RENDEZVOUS1, 0, rendezvous1Body(cookie))
    await this.#refused(service)
    const nobody = await this.#circuit(link)
    nobody.send(RelayCommand.RENDEZVOUS1, 0, rendezvous1Body(this.#cookie()))
    await this.#refused(nobody)
  }

  /** Over one hop, which an HSDir does not serve, and with a descriptor that is none. */
  async #askForDescriptors(link: RawLink): Promise<void> {
    const {blindedKey, octets} = madeDescriptor()
    this.#needles.addOctets('blinded key', blindedKey)
    const name = Buffer.from(blindedKey).toString('base64').replace(/=+$/, '')
    for (const request of [
      `GET /tor/hs/3/${name} HTTP/1.0\r\n\r\n`,
      `GET /tor/hs/3/${Buffer.from(blindedKey).toString('hex')} HTTP/1.0\r\n\r\n`,
      `POST /tor/hs/3/publish HTTP/1.0\r\nContent-Length: ${octets.length}\r\n\r\n`
    ]) {
      const circuit = await this.#circuit(link)
      circuit.send(RelayCommand.BEGIN_DIR, 1, new Uint8Array(0))
      circuit.send(RelayCommand.DATA, 1, fromText(request))
      if (request.startsWith('POST')) {
        for (let at = 0; at < octets.length; at += 498) {
          circuit.send(RelayCommand.DATA, 1, octets.subarray(at, at + 498))
        }
      }
      await this.#refused(circuit)
    }
  }

  /** A circuit for each message that breaks a rule. */
  async #misbehave(address: string): Promise<void> {
    const {link} = await RawLink.handshake(this.#port, [4], address)
    try {
      for (const [command, data] of [
        [RelayCommand.EXTEND2, randomBytes(40)],
        [RelayCommand.ESTABLISH_RENDEZVOUS, randomBytes(7)],
        [RelayCommand.INTRODUCE1, randomBytes(30)],
        [RelayCommand.ESTABLISH_INTRO, randomBytes(90)],
        [RelayCommand.INTRODUCE2, randomBytes(100)],
        [RelayCommand.SENDME, randomBytes(23)],
        [RelayCommand.BEGIN, fromText('somebody.example:80\0')]
      ] as const) {
        const circuit = await this.#circuit(link)
        circuit.send(command, command === RelayCommand.BEGIN ? 1 : 0, data)
        await this.#refused(circuit)
      }
    } finally {
      link.close()
    }
    const silent = await RawLink.open(this.#port, address)
    silent.sendVersions([1, 2])
    await silent.closesWithin(ANSWER_MS)
    silent.close()
  }

  async #circuit(link: RawLink): Promise<RawCircuit> {
    const circuit = await RawCircuit.create(link, 0x80000000 + ++this.#circuits)
    for (const secret of circuit.secrets) this.#needles.addOctets('circuit key', secret)
    return circuit
  }

  async #refused(circuit: RawCircuit): Promise<void> {
    const answer = await circuit.next(ANSWER_MS).catch(() => undefined)
    if (answer?.kind !== 'message') this.done.refusals++
  }

  #cookie(): Uint8Array {
    const cookie = randomBytes(COOKIE)
    this.#needles.addOctets('rendezvous cookie', cookie)
    return cookie
  }

  #say(address: string, text: string): Promise<void> {
    return new Promise(resolve => {
      const socket = connect({host: '127.0.0.1', port: this.#port, localAddress: address})
      socket.setTimeout(ANSWER_MS, () => socket.destroy())
      socket.on('error', () => socket.destroy())
      socket.once('connect', () => socket.write(text, 'latin1'))
      socket.resume()
      socket.once('close', () => resolve())
    })
  }
}
