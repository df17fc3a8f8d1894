// How much memory is really in use: garbage is collected first.

import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Octets of the JavaScript heap and of the buffers that hang on it. */
export async function usedOctets(): Promise<number> {
  // Buffers are let go of by finalizers, which want a turn of the loop of their own.
  for (let i = 0; i < 3; i++) {
    if (typeof collect === 'function') collect()
    await new Promise(done => setImmediate(done))
  }
  const {heapUsed, arrayBuffers} = process.memoryUsage()
  return heapUsed + arrayBuffers
}

export function megabytes(octets: number): string {
  return `${(octets / 1e6).toFixed(1)} MB`
}
