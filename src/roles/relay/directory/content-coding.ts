// The codings a body may be sent in, and which of them a peer takes (dir-spec 6.1). A coding that this Node cannot make is
// not offered: zstd came to node:zlib late.

import * as zlib from 'node:zlib'

export type ContentCoding = 'x-zstd' | 'deflate' | 'gzip' | 'identity'

/** Smallest result first. */
const PREFERENCE: readonly ContentCoding[] = ['x-zstd', 'deflate', 'gzip', 'identity']

type Done = (error: Error | null, result: Buffer) => void

/** The types of the oldest Node that we run on do not know this one. */
const zstd = (zlib as {zstdCompress?: (octets: Uint8Array, done: Done) => void}).zstdCompress

const CODINGS_WE_MAKE = new Set<ContentCoding>(
  PREFERENCE.filter(name => name !== 'x-zstd' || zstd !== undefined)
)

/** How hard to compress: `small` for what is kept and sent many times, `quick` for one answer. */
export type Effort = 'small' | 'quick'

const LEVELS = {small: zlib.constants.Z_BEST_COMPRESSION, quick: zlib.constants.Z_BEST_SPEED} as const

/**
 * The best coding that both sides know.
 *
 * @param acceptEncoding the header, as it came
 * @param endsInZ the path ended in `.z`, which asks for deflate (dir-spec 6.1)
 */
export function chooseCoding(acceptEncoding: string | undefined, endsInZ: boolean): ContentCoding {
  const named = new Set((acceptEncoding ?? '').split(',').map(part => canonical(part.trim())))
  if (endsInZ) named.add('deflate')
  return PREFERENCE.find(name => named.has(name) && CODINGS_WE_MAKE.has(name)) ?? 'identity'
}

/** On the thread pool, in one go: `octets` must not change meanwhile. */
export function compress(
  coding: Exclude<ContentCoding, 'identity'>,
  octets: Uint8Array,
  effort: Effort
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const done: Done = (error, result) => (error === null ? resolve(result) : reject(error))
    const options = {level: LEVELS[effort]}
    if (coding === 'deflate') zlib.deflate(octets, options, done)
    else if (coding === 'gzip') zlib.gzip(octets, options, done)
    else zstd?.(octets, done)
  })
}

/** Weights (`;q=`) are not in use among directories: a name is a name. */
function canonical(name: string): string {
  return name === 'x-gzip' ? 'gzip' : name
}
