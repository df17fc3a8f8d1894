// The worker of the consensus-diff pool. A diff's text has one character for each octet, as its sources have.

import {makeConsensusDiff} from '../netdoc/consensus-diff/make.ts'
import type {ConsensusDiffTask} from './consensus-diff-pool.ts'

export default function makeDiff({base, target}: ConsensusDiffTask): Uint8Array {
  return new Uint8Array(Buffer.from(makeConsensusDiff(base, target), 'latin1'))
}
