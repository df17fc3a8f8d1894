// Fields that take one of several forms. Decoded, each form is a structure whose `kind` names it.
//   tagged: a number says which form follows, and a length says where it ends, so that an unknown one can be kept raw.
//   choice: nothing on the wire says it outright; a function looks at the octets.

import {Writer} from '../bytes/writer.ts'
import {type Cursor, type Decoder, FAILED, type Failed} from './cursor.ts'
import {assertFits, type Field, type Part, type Simplify} from './field.ts'
import type {Uint} from './integer.ts'
import {rest} from './octet-string.ts'
import {type Fields, type StructIn, type StructOut, struct} from './struct.ts'

/** A form whose number has no declaration here, or (where the union says so) whose body does not fit it. */
export interface Unknown {
  readonly kind: 'unknown'
  readonly tag: number
  readonly body: Uint8Array
}

interface Tagged<F extends Fields> {
  readonly tag: number
  readonly fields: F
}
type TaggedForms = Readonly<Record<string, Tagged<Fields>>>
type TaggedOut<V extends TaggedForms> =
  | {[K in keyof V]: Simplify<{readonly kind: K} & StructOut<V[K]['fields']>>}[keyof V]
  | Unknown
type TaggedIn<V extends TaggedForms> =
  | {[K in keyof V]: Simplify<{readonly kind: K} & StructIn<V[K]['fields']>>}[keyof V]
  | Unknown

/** One form of a tagged union. */
export function variant<F extends Fields>(tag: number, fields: F): Tagged<F> {
  return {tag, fields}
}

const unknownBody = named({name: 'body', field: rest()})

interface Framing {
  readonly tag: Uint
  readonly length: Uint
  /** What to do with a known number whose body does not fit: refuse all (the default), or keep it as unknown. */
  readonly misfit?: 'fault' | 'raw'
}

export function tagged<V extends TaggedForms>(framing: Framing, forms: V): Field<TaggedOut<V>, TaggedIn<V>> {
  const {tag, length, misfit = 'fault'} = framing
  const variants = Object.entries(forms).map(([name, form]) => ({
    name,
    tag: form.tag,
    field: struct<Fields>(form.fields)
  }))
  const byTag = new Map(variants.map(form => [form.tag, {kind: form.name, body: named(form)}]))
  const byName = new Map(variants.map(form => [form.name, form]))
  const head = tag.octets + length.octets

  function body(cursor: Cursor, number: number, size: number): object | Failed {
    const form = byTag.get(number)
    if (form !== undefined) {
      const mark = cursor.mark()
      const value = cursor.window(size, form.body)
      if (value !== FAILED) return {kind: form.kind, ...value}
      if (misfit === 'fault') return FAILED
      cursor.retry(mark)
    }
    const octets = cursor.window(size, unknownBody)
    return octets === FAILED ? FAILED : {kind: 'unknown', tag: number, body: octets}
  }

  return {
    shape: {kind: 'tagged', tagOctets: tag.octets, lengthOctets: length.octets, variants, misfit},
    min: head,
    max: head + length.limit,
    decode(cursor) {
      const number = cursor.part('tag', tag)
      if (number === FAILED) return FAILED
      const at = cursor.at
      const size = cursor.part('length', length)
      if (size === FAILED) return FAILED
      if (size > cursor.remaining) return cursor.fail('length-exceeds', at)
      return body(cursor, number, size) as TaggedOut<V> | Failed
    },
    encode(writer, value) {
      const inner = new Writer()
      if (isUnknown(value)) {
        tag.encode(writer, value.tag)
        inner.bytes(value.body)
      } else {
        const form = formNamed(byName, value.kind)
        tag.encode(writer, form.tag)
        form.field.encode(inner, value)
      }
      length.encode(writer, inner.length)
      writer.bytes(inner.finish())
    }
  }
}

/** A field that faults and traces name even though no structure around it does. */
function named<Out>({name, field}: {readonly name: string; readonly field: Field<Out>}): Decoder<Out> {
  return {decode: cursor => cursor.part(name, field)}
}

function formNamed<F>(forms: ReadonlyMap<string, F>, kind: PropertyKey): F {
  const form = forms.get(String(kind))
  assertFits(form !== undefined, `no form ${String(kind)}`)
  return form
}

function isUnknown(value: {readonly kind: PropertyKey}): value is Unknown {
  return value.kind === 'unknown'
}

type Forms = Readonly<Record<string, Fields>>
type ChoiceOut<V extends Forms> = {[K in keyof V]: Simplify<{readonly kind: K} & StructOut<V[K]>>}[keyof V]
type ChoiceIn<V extends Forms> = {[K in keyof V]: Simplify<{readonly kind: K} & StructIn<V[K]>>}[keyof V]

/** `pick` looks at the octets that are left, however few, and names the form they are to be read as. */
export function choice<V extends Forms>(
  pick: (rest: Uint8Array) => keyof V,
  forms: V
): Field<ChoiceOut<V>, ChoiceIn<V>> {
  const variants: Part[] = Object.entries(forms).map(([name, fields]) => ({name, field: struct(fields)}))
  const byName = new Map(variants.map(form => [form.name, form.field]))
  return {
    shape: {kind: 'choice', variants},
    min: Math.min(...variants.map(({field}) => field.min)),
    max: Math.max(...variants.map(({field}) => field.max)),
    decode(cursor) {
      const kind = pick(cursor.octets.subarray(cursor.at, cursor.end))
      const value = formNamed(byName, kind).decode(cursor)
      return value === FAILED ? FAILED : ({kind, ...(value as object)} as ChoiceOut<V>)
    },
    encode(writer, value) {
      const inner = new Writer()
      formNamed(byName, value.kind).encode(inner, value)
      const octets = inner.finish()
      const kind = pick(octets)
      assertFits(kind === value.kind, `${String(value.kind)} would be read as ${String(kind)}`)
      writer.bytes(octets)
    }
  }
}
