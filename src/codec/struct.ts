// Fields in a row, each with a name. Spans among them are not on the wire: they give back the raw octets of a run of
// fields, which is what a MAC or a signature covers.

import {FAILED} from './cursor.ts'
import {
  type AnyField,
  assertFits,
  type Decoded,
  type Encodable,
  type Field,
  type Part,
  type Shape,
  type Simplify
} from './field.ts'

export type Fields = Readonly<Record<string, AnyField>>

/** One property for each field that carries a value. */
export type StructOut<F extends Fields> = Simplify<{
  readonly [K in keyof F as Decoded<F[K]> extends undefined ? never : K]: Decoded<F[K]>
}>

/** As decoded, but what encode derives is left out and what is optional may be. */
export type StructIn<F extends Fields> = Simplify<
  {
    readonly [K in keyof F as undefined extends Encodable<F[K]> ? never : K]: Encodable<F[K]>
  } & {
    readonly [K in keyof F as undefined extends Encodable<F[K]>
      ? Encodable<F[K]> extends undefined
        ? never
        : K
      : never]?: Encodable<F[K]>
  }
>

/** The raw octets from the first field named to the last one named, both included; encode skips it. */
export function span(from: string, to: string): Field<Uint8Array, undefined> {
  return {
    shape: {kind: 'span', from, to},
    min: 0,
    max: 0,
    decode: cursor => cursor.take(0),
    encode() {}
  }
}

export function struct<F extends Fields>(fields: F): Field<StructOut<F>, StructIn<F>> {
  const all = Object.entries(fields).map(([name, field]) => ({name, field}))
  const parts = all.filter(({field}) => field.shape.kind !== 'span')
  const spans = all.flatMap(part => spanOver(parts, part))
  for (const [i, {name, field}] of parts.entries()) assertEndsWhereItMust(name, field, parts.slice(i + 1))
  return {
    shape: {kind: 'struct', parts: all},
    min: sum(parts.map(({field}) => field.min)),
    max: sum(parts.map(({field}) => field.max)),
    decode(cursor) {
      const value: Record<string, unknown> = {}
      const borders = [cursor.at]
      for (const {name, field} of parts) {
        const found = cursor.part(name, field)
        if (found === FAILED) return FAILED
        if (found !== undefined || field.shape.kind === 'optional') value[name] = found
        borders.push(cursor.at)
      }
      for (const {name, first, last} of spans) {
        value[name] = cursor.octets.subarray(borders[first], borders[last + 1])
      }
      // The loop has just built it from the same declaration that the type is computed from.
      return value as StructOut<F>
    },
    encode(writer, value) {
      const values = value as Readonly<Record<string, unknown>>
      for (const {name, field} of parts) field.encode(writer, values[name])
    }
  }
}

function spanOver(
  parts: readonly Part[],
  {name, field}: Part
): {name: string; first: number; last: number}[] {
  if (field.shape.kind !== 'span') return []
  const {from, to} = field.shape
  const first = parts.findIndex(part => part.name === from)
  const last = parts.findIndex(part => part.name === to)
  assertFits(first >= 0 && last >= first, `span ${name} names no run of fields`)
  return [{name, first, last}]
}

/** A field that takes all there is must leave what the fields after it need, and those must be of fixed size. */
function assertEndsWhereItMust(name: string, field: AnyField, after: readonly Part[]): void {
  if (!takesAll(field.shape)) return
  const kept = field.shape.kind === 'rest' ? field.shape.keep : 0
  const fixed = after.every(part => part.field.min === part.field.max)
  const needed = sum(after.map(part => part.field.min))
  assertFits(fixed && needed === kept, `${name} leaves ${kept} octets for fields of ${needed}`)
}

function takesAll(shape: Shape): boolean {
  switch (shape.kind) {
    case 'rest':
    case 'ignored':
    case 'optional':
      return true
    case 'text':
      return !shape.terminated
    case 'list':
      return shape.prefix === 0 || takesAll(shape.item.shape)
    case 'struct':
    case 'choice':
      return (shape.kind === 'struct' ? shape.parts : shape.variants).some(part => takesAll(part.field.shape))
    default:
      return false
  }
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}
