// The shared random values as votes and consensuses carry them (srv-spec 3.5.1, 4.2).

import {toBase64} from '../../bytes/base64.ts'
import {printItem} from '../print.ts'
import type {SharedRandomValue} from './consensus.ts'

export function printSharedRandomValues(
  previous: SharedRandomValue | undefined,
  current: SharedRandomValue | undefined
): string {
  const line = (keyword: string, value: SharedRandomValue | undefined) =>
    value === undefined ? '' : printItem(keyword, value.reveals, toBase64(value.value))
  return line('shared-rand-previous-value', previous) + line('shared-rand-current-value', current)
}
