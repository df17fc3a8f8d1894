// fast-check generators and mutations that follow from a format's declaration alone, so that no test has to know what a
// message looks like. Values come from the shapes; mutations from where each field lies in the octets of a valid value.

import fc from 'fast-check'
import {encode} from '../../src/codec/codec.ts'
import {Cursor, type Trace} from '../../src/codec/cursor.ts'
import type {AnyField, Part, Shape, Variant} from '../../src/codec/field.ts'
import type {AnyFormat} from '../../src/codec/format.ts'
import {BugError} from '../../src/fault/fault.ts'

const MOST_OCTETS = 40
const MOST_ITEMS = 4

/** Values that the format can encode. */
export function arbitraryValue(format: AnyFormat): fc.Arbitrary<unknown> {
  return anyValue(format).filter(value => encodes(format, value))
}

/** The octets of values that the format can encode. */
export function arbitraryOctets(format: AnyFormat): fc.Arbitrary<Uint8Array> {
  return arbitraryValue(format).map(value => encode(format, value))
}

/** Octets that are nearly right: cut off, lengths and counts wrong by one or by much, reserved octets set, too long. */
export function arbitraryMutation(format: AnyFormat): fc.Arbitrary<Uint8Array> {
  return arbitraryOctets(format).chain(octets => fc.constantFrom(...mutations(format, octets)))
}

/** All single mutations of octets that decode. */
export function mutations(format: AnyFormat, octets: Uint8Array): Uint8Array[] {
  const traces: Trace[] = []
  format.decode(new Cursor(octets, traces))
  return [
    ...Array.from(octets, (_, at) => octets.slice(0, at)),
    Uint8Array.of(...octets, 0),
    Uint8Array.of(...octets, 0xff, 0xff, 0xff),
    ...traces.flatMap(trace => fieldMutations(octets, trace))
  ]
}

function fieldMutations(octets: Uint8Array, {start, end, shape}: Trace): Uint8Array[] {
  switch (shape?.kind) {
    case 'uint':
    case 'enum':
    case 'constant':
      return shape.octets === 8 ? [] : numbersNear(octets, start, shape.octets)
    case 'prefixed':
      return numbersNear(octets, start, shape.prefix)
    case 'zeros':
    case 'text':
      return Array.from({length: end - start}, (_, i) => withOctet(octets, start + i, 0x80))
    default:
      return []
  }
}

/** The number of `size` octets at `at`, one less, one more, 0, and as large as can be. */
function numbersNear(octets: Uint8Array, at: number, size: number): Uint8Array[] {
  const view = Buffer.from(octets)
  const value = view.readUIntBE(at, size)
  const most = 2 ** (8 * size) - 1
  return [Math.max(0, value - 1), Math.min(most, value + 1), 0, most].map(number => {
    const changed = Buffer.from(octets)
    changed.writeUIntBE(number, at, size)
    return new Uint8Array(changed)
  })
}

function withOctet(octets: Uint8Array, at: number, value: number): Uint8Array {
  const changed = octets.slice()
  changed[at] = value
  return changed
}

function encodes(format: AnyFormat, value: unknown): boolean {
  try {
    encode(format, value)
    return true
  } catch (error) {
    // A form that would be read as another one, or more than the cell holds.
    if (error instanceof BugError) return false
    throw error
  }
}

function anyValue({shape}: AnyField): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'uint':
      return shape.octets === 8 ? fc.bigInt({min: 0n, max: (1n << 64n) - 1n}) : number(shape.octets)
    case 'enum':
      return shape.closed
        ? fc.constantFrom(...Object.values(shape.names))
        : fc.oneof(fc.constantFrom(...Object.values(shape.names)), number(shape.octets))
    case 'constant':
    case 'zeros':
    case 'ignored':
    case 'span':
      return fc.constant(undefined)
    case 'bytes':
      return octets(shape.length, shape.length)
    case 'prefixed':
      return octets(shape.min, Math.min(shape.max, shape.min + MOST_OCTETS))
    case 'rest':
      return octets(shape.min, shape.min + MOST_OCTETS)
    case 'text':
      return fc.string({unit: 'grapheme-ascii', maxLength: MOST_OCTETS})
    case 'optional':
      return fc.option(anyValue(shape.field), {nil: undefined})
    case 'framed':
      return anyValue(shape.field)
    case 'list':
      return fc.array(anyValue(shape.item), {maxLength: MOST_ITEMS})
    case 'struct':
      return structValue(shape.parts)
    case 'choice':
      return fc.oneof(...shape.variants.map(formValue))
    case 'tagged':
      return fc.oneof(...shape.variants.map(formValue), unknownValue(shape, shape.variants))
  }
}

function structValue(parts: readonly Part[]): fc.Arbitrary<Record<string, unknown>> {
  const given = parts.filter(({field}) => field.shape.kind !== 'span')
  return fc.record(Object.fromEntries(given.map(({name, field}) => [name, anyValue(field)])))
}

function formValue({name, field}: Part): fc.Arbitrary<unknown> {
  return anyValue(field).map(value => ({...(value as object), kind: name}))
}

function unknownValue(
  {tagOctets}: Shape & {kind: 'tagged'},
  variants: readonly Variant[]
): fc.Arbitrary<unknown> {
  const known = new Set(variants.map(({tag}) => tag))
  const tag = number(tagOctets).filter(candidate => !known.has(candidate))
  return fc.record({kind: fc.constant('unknown'), tag, body: octets(0, MOST_OCTETS)})
}

function number(size: number): fc.Arbitrary<number> {
  return fc.integer({min: 0, max: 2 ** (8 * size) - 1})
}

function octets(minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({minLength, maxLength})
}
