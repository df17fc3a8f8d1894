// How an operation that peer bytes or a configuration can make fail says so: as a value, never as an exception.

import type {Fault} from './fault.ts'

export type Ok<T> = {readonly ok: true; readonly value: T}
export type Err<F> = {readonly ok: false; readonly fault: F}

/** Either a value or a fault; `F` is a closed union of `Fault`s declared by the layer that returns it. */
export type Result<T, F extends Fault> = Ok<T> | Err<F>

export function ok<T>(value: T): Ok<T> {
  return {ok: true, value}
}

export function err<F extends Fault>(fault: F): Err<F> {
  return {ok: false, fault}
}
