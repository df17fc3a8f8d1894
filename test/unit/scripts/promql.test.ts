// The reading of PromQL that the check of the dashboards rests on. The scripts are plain JavaScript outside the compiled
// tree, so they are loaded by path.

import {deepEqual, equal} from 'node:assert/strict'
import {join} from 'node:path'
import {describe, it} from 'node:test'
import {pathToFileURL} from 'node:url'
import {packageRoot} from '../../support/package-root.ts'

interface Read {
  readonly metrics: ReadonlySet<string>
  readonly selectors: readonly {readonly metric: string; readonly text: string}[]
  readonly rates: ReadonlySet<string>
  readonly ranges: readonly string[]
  readonly faults: readonly string[]
}

const script = join(packageRoot(), 'scripts', 'promql.mjs')
const {readExpression} = (await import(pathToFileURL(script).href)) as {readExpression(text: string): Read}

describe('readExpression', () => {
  it('finds every metric, and those that a rate is taken of', () => {
    const {metrics, rates, faults} = readExpression(
      'sum by (le) (rate(a_bucket{x="y"}[$__rate_interval])) / (b > 0) + irate(c[1m])'
    )
    deepEqual([...metrics], ['a_bucket', 'b', 'c'])
    deepEqual([...rates], ['a_bucket', 'c'])
    deepEqual(faults, [])
  })

  it('tells ranges as they are written, before Grafana puts a duration there', () => {
    deepEqual(readExpression('rate(a[$__rate_interval]) + rate(b[5m])').ranges, ['$__rate_interval', '5m'])
  })

  it('tells selectors with their labels', () => {
    deepEqual(readExpression('up{job=~"$job"}').selectors, [{metric: 'up', text: 'up{job=~"$job"}'}])
  })

  it('says where an expression is no PromQL', () => {
    equal(readExpression('rate(a_total[5m]').faults.length, 1)
    equal(readExpression('sum by (a b)').faults.length > 0, true)
  })
})
