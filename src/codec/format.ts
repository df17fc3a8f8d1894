// A format is a field that stands alone: it has a name, the section of the specification that defines it, and the most
// octets it may fill. A message is a format that a cell or relay command announces.

import {assertFits, type Field} from './field.ts'
import {type Fields, type StructIn, type StructOut, struct} from './struct.ts'

export interface About {
  /** Document and section, as in `tor-spec 5.1.2`. */
  readonly spec: string
  /** The most octets this format may fill; more than that is a fault from a peer and a bug from us. */
  readonly limit?: number
  /** Octets after the last field: a fault unless the specification or common practice has them ignored. */
  readonly trailing?: 'fault' | 'ignore'
  /** The same value can be written in more than one way, so encode need not give back the octets decoded. */
  readonly noncanonical?: true
}

export interface Format<Out, In = Out> extends Field<Out, In> {
  readonly name: string
  readonly about: About
}

export interface Message<Name extends string, Out, In = Out> extends Format<Out, In> {
  readonly name: Name
  readonly command: number
}

export type AnyFormat = Format<unknown>
export type AnyMessage = Message<string, unknown>

export function format<F extends Fields>(
  name: string,
  about: About,
  body: F
): Format<StructOut<F>, StructIn<F>>
export function format<Out, In>(name: string, about: About, body: Field<Out, In>): Format<Out, In>
export function format(name: string, about: About, body: Body): AnyFormat {
  const field = isField(body) ? body : struct(body)
  const limit = about.limit ?? Infinity
  assertFits(field.min <= limit, `${name} can never fit into ${limit} octets`)
  return {...field, max: Math.min(field.max, limit), name, about}
}

type Announced = About & {readonly command: number}

export function message<const N extends string, F extends Fields>(
  name: N,
  about: Announced,
  body: F
): Message<N, StructOut<F>, StructIn<F>>
export function message<const N extends string, Out, In>(
  name: N,
  about: Announced,
  body: Field<Out, In>
): Message<N, Out, In>
export function message(name: string, about: Announced, body: Body): AnyMessage {
  return {...format(name, about, isField(body) ? body : struct(body)), command: about.command}
}

type Body = Fields | Field<unknown>

function isField(body: Body): body is Field<unknown> {
  return typeof body.decode === 'function'
}
