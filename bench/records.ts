// What sealing and opening TLS records costs on every kernel: full records of 31 cells and those of one cell, many of them
// in one native call. node:crypto is there to compare with; it makes a cipher object for each record.

import {createCipheriv, createDecipheriv} from 'node:crypto'
import type {Addon} from '../src/crypto/binding.ts'
import type {Measurement} from './measure.ts'

const TAG = 16
/** Octets under the cipher: data and the type behind them. */
const SIZES = [
  {name: '16 KB', octets: 16_385, units: 16},
  {name: '1 cell', octets: 515, units: 256}
] as const
const DIRECTIONS = ['seal', 'open'] as const

const nonce = new Uint8Array(12)
const header = new Uint8Array(5)

export function recordMeasurements(addon: Addon | undefined): Measurement[] {
  const measurements: Measurement[] = []
  for (const bits of [128, 256] as const) {
    const key = new Uint8Array(bits / 8)
    for (const {name: size, octets, units} of SIZES) {
      for (const [direction, verb] of DIRECTIONS.entries()) {
        const common = {group: `AES-${bits}-GCM, ${verb} ${size}`, unit: 'record', units, octets}
        const step = octets + TAG
        const records = new Uint8Array(units * step)
        for (const [kernel, name] of (addon?.kernels ?? []).entries()) {
          // Opening takes as long whether a record is genuine or not.
          const run = () => addon?.galoisMode(kernel, direction, key, nonce, header, records, step)
          measurements.push({...common, name, run})
        }
        measurements.push({...common, name: 'node:crypto', run: nodeCrypto(bits, verb, key, octets, units)})
      }
    }
  }
  return measurements
}

function nodeCrypto(bits: 128 | 256, verb: 'seal' | 'open', key: Uint8Array, octets: number, units: number) {
  const data = new Uint8Array(octets)
  const sealing = createCipheriv(`aes-${bits}-gcm`, key, nonce).setAAD(header)
  const sealed = sealing.update(data)
  sealing.final()
  const tag = sealing.getAuthTag()
  const seal = () => {
    const cipher = createCipheriv(`aes-${bits}-gcm`, key, nonce).setAAD(header)
    cipher.update(data)
    cipher.final()
    cipher.getAuthTag()
  }
  const open = () => {
    const cipher = createDecipheriv(`aes-${bits}-gcm`, key, nonce).setAAD(header).setAuthTag(tag)
    cipher.update(sealed)
    cipher.final()
  }
  const run = verb === 'seal' ? seal : open
  return () => {
    for (let i = 0; i < units; i++) run()
  }
}
