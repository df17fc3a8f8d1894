// A path through one relay from a sender that sends as fast as it can to a reader that reads when the test lets it: two
// clients whose circuits are joined at a rendezvous point. No window slows the sender down, so that nothing but the
// relay's own bounds keeps the relay's memory small.

import {randomBytes} from 'node:crypto'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {RawCircuit} from './raw-circuit.ts'
import {FIXED_BODY, RawCommand, RawLink} from './raw-link.ts'

const COOKIE_LENGTH = 20
const HANDSHAKE_INFO_LENGTH = 64
const CIRCUIT = 0x80000001

export class SplicedLink {
  readonly sender: RawCircuit
  readonly reader: RawCircuit

  private constructor(sender: RawCircuit, reader: RawCircuit) {
    this.sender = sender
    this.reader = reader
  }

  /** @param from the loopback addresses 127.0.0.x of both */
  static async open(port: number, from: {readonly sender: number; readonly reader: number}) {
    const sender = await client(port, from.sender)
    const reader = await client(port, from.reader)
    const cookie = randomBytes(COOKIE_LENGTH)
    reader.send(RelayCommand.ESTABLISH_RENDEZVOUS, 0, cookie)
    await expectMessage(reader, RelayCommand.RENDEZVOUS_ESTABLISHED)
    sender.send(RelayCommand.RENDEZVOUS1, 0, Buffer.concat([cookie, randomBytes(HANDSHAKE_INFO_LENGTH)]))
    await expectMessage(reader, RelayCommand.RENDEZVOUS2)
    return new SplicedLink(sender, reader)
  }

  /** Sends so many cells that the relay cannot read and passes on; resolves when the socket took them. */
  send(cells: number): Promise<void> {
    const body = randomBytes(FIXED_BODY)
    for (let i = 1; i < cells; i++) this.sender.link.sendCell(this.sender.id, RawCommand.RELAY, body)
    return new Promise(resolve => {
      this.sender.link.socket.once('close', resolve)
      this.sender.link.sendCell(this.sender.id, RawCommand.RELAY, body)
      this.sender.link.socket.write(Buffer.alloc(0), () => resolve())
    })
  }

  stopReading(): void {
    this.reader.link.socket.pause()
  }

  close(): void {
    this.sender.link.close()
    this.reader.link.close()
  }
}

async function client(port: number, host: number): Promise<RawCircuit> {
  const {link} = await RawLink.handshake(port, [4, 5], `127.0.0.${host}`)
  return RawCircuit.create(link, CIRCUIT)
}

async function expectMessage(circuit: RawCircuit, command: number): Promise<void> {
  const answer = await circuit.next()
  if (answer.kind !== 'message' || answer.message.command !== command) {
    throw new Error(`instead of relay command ${command}: ${answer.kind}`)
  }
}
