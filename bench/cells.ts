// The per-cell primitives on every kernel, and what crossing from JavaScript costs. A batch of cells runs in one native
// call, so that the first table shows the kernels alone.

import {createCipheriv, createHash} from 'node:crypto'
import type {Addon} from '../src/crypto/binding.ts'
import {addonRelayCrypto} from '../src/crypto/relay-crypto/addon.ts'
import {addonCgoCrypto} from '../src/crypto/relay-crypto/cgo-addon.ts'
import {plainCgoCrypto} from '../src/crypto/relay-crypto/cgo-plain.ts'
import {plainRelayCrypto} from '../src/crypto/relay-crypto/plain.ts'
import {
  CGO_KEY_SIZE,
  RELAY_BODY_SIZE,
  RELAY_KEY_SIZES,
  type RelayCrypto
} from '../src/crypto/relay-crypto/relay-crypto.ts'
import {ChannelCommand} from '../src/wire/channel-cell.ts'
import type {Measurement} from './measure.ts'

const BATCH = 256
const CELL_SIZE = 514
const CIRCUITS = 1000
const PLAIN_BATCH = 16
const {RELAY} = ChannelCommand

const cell = {unit: 'cell', octets: RELAY_BODY_SIZE}

/** Native state by handle: `count` directions, and BATCH handles that go through them in turn. */
function openHandles(addon: Addon, kernel: number, algorithm: number, count: number): Uint32Array {
  const sizes = Object.values(RELAY_KEY_SIZES)[algorithm] as {digestSeed: number; key: number}
  const opened = Array.from({length: count}, () => {
    const handle = new Uint32Array(2)
    addon.open(algorithm, new Uint8Array(sizes.digestSeed), new Uint8Array(sizes.key), kernel, handle)
    return handle
  })
  const handles = new Uint32Array(2 * BATCH)
  for (let i = 0; i < BATCH; i++) handles.set(opened[(i * 7919) % count] as Uint32Array, 2 * i)
  return handles
}

/** Ciphers and digests per kernel, a batch a call. */
export function kernelMeasurements(addon: Addon): Measurement[] {
  const cells = new Uint8Array(BATCH * CELL_SIZE)
  const stream = new Uint8Array(BATCH * RELAY_BODY_SIZE)
  return addon.kernels.flatMap((kernel, place): Measurement[] => {
    const crypt = (algorithm: number, circuits: number) => {
      const handles = openHandles(addon, place, algorithm, circuits)
      return () => {
        addon.cryptBatch(handles, cells, 5, CELL_SIZE, BATCH)
      }
    }
    const digest = (number: number, size: number) => {
      const digests = new Uint8Array(BATCH * size)
      return () => {
        addon.runningDigest(place, number, stream, RELAY_BODY_SIZE, digests)
      }
    }
    const common = {...cell, units: BATCH}
    return [
      {group: 'AES-128-CTR, one circuit', name: kernel, ...common, run: crypt(0, 1)},
      {group: 'AES-128-CTR, 1,000 circuits', name: kernel, ...common, run: crypt(0, CIRCUITS)},
      {group: 'AES-256-CTR, one circuit', name: kernel, ...common, run: crypt(1, 1)},
      {group: 'SHA-1 update and peek', name: kernel, ...common, run: digest(0, 20)},
      {group: 'SHA3-256 update and peek', name: kernel, ...common, run: digest(1, 32)}
    ]
  })
}

/** The same primitives from node:crypto, for comparison. */
export function nodeCryptoMeasurements(): Measurement[] {
  const body = new Uint8Array(RELAY_BODY_SIZE)
  const repeat = (run: () => void) => () => {
    for (let i = 0; i < PLAIN_BATCH; i++) run()
  }
  const cipher = (bits: number) => {
    const running = createCipheriv(`aes-${bits}-ctr`, new Uint8Array(bits / 8), new Uint8Array(16))
    return repeat(() => body.set(running.update(body)))
  }
  const digest = (name: string) => {
    const running = createHash(name)
    return repeat(() => running.update(body).copy().digest())
  }
  const common = {...cell, name: 'node:crypto', units: PLAIN_BATCH}
  return [
    {group: 'AES-128-CTR, one circuit', ...common, run: cipher(128)},
    {group: 'AES-256-CTR, one circuit', ...common, run: cipher(256)},
    {group: 'SHA-1 update and peek', ...common, run: digest('sha1')},
    {group: 'SHA3-256 update and peek', ...common, run: digest('sha3-256')}
  ]
}

/** CGO cells at a relay, one call per cell: those that pass, and those that begin here, which also change the keys. */
export function cgoMeasurements(addon: Addon | undefined): Measurement[] {
  const body = new Uint8Array(RELAY_BODY_SIZE)
  const kernels = addon === undefined ? [] : addon.kernels.map(kernel => addonCgoCrypto(addon, kernel))
  return [...kernels, plainCgoCrypto].flatMap((crypto): Measurement[] => {
    const units = crypto === plainCgoCrypto ? PLAIN_BATCH : BATCH
    const repeat = (run: () => void) => () => {
      for (let i = 0; i < units; i++) run()
    }
    const relay = crypto.openRelay(new Uint8Array(CGO_KEY_SIZE))
    const common = {...cell, name: crypto.name, units}
    return [
      {group: 'CGO, passing', ...common, run: repeat(() => relay.inbound(RELAY, body))},
      {group: 'CGO, originated', ...common, run: repeat(() => relay.originate(RELAY, body))}
    ]
  })
}

/** What a cell costs through the interface that the circuits use, one call per cell. */
export function boundaryMeasurements(addon: Addon | undefined): Measurement[] {
  const body = new Uint8Array(RELAY_BODY_SIZE)
  const through = (crypto: RelayCrypto, units: number): Measurement[] => {
    const open = () => crypto.open('tor1', new Uint8Array(20), new Uint8Array(16))
    const passing = open()
    const origin = open()
    const repeat = (run: () => void) => () => {
      for (let i = 0; i < units; i++) run()
    }
    const strange = body.slice().fill(0xff, 5, 9)
    const common = {...cell, name: crypto.name, units}
    return [
      {group: 'RelayDirection.crypt', ...common, run: repeat(() => passing.crypt(body))},
      {group: 'RelayDirection.seal', ...common, run: repeat(() => origin.seal(body))},
      {group: 'RelayDirection.recognize, not ours', ...common, run: repeat(() => passing.recognize(strange))}
    ]
  }
  const plain = through(plainRelayCrypto, PLAIN_BATCH)
  if (addon === undefined) return plain
  const bare: Measurement = {
    group: 'A call that does nothing',
    name: 'addon',
    unit: 'call',
    units: BATCH,
    run: () => {
      for (let i = 0; i < BATCH; i++) addon.openDirections()
    }
  }
  const batches = [1, 8, 31].map((count): Measurement => {
    const handles = openHandles(addon, addon.kernels.indexOf(addon.kernel), 0, CIRCUITS)
    const cells = new Uint8Array(BATCH * CELL_SIZE)
    return {
      group: 'cryptBatch',
      name: `${count} ${count === 1 ? 'cell' : 'cells'} a call`,
      ...cell,
      units: 8 * count,
      run: () => {
        for (let i = 0; i < 8; i++) addon.cryptBatch(handles, cells, 5, CELL_SIZE, count)
      }
    }
  })
  return [bare, ...through(addonRelayCrypto(addon), BATCH), ...plain, ...batches]
}
