import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type StepEvent, Steps} from '../../../../src/app/network/steps.ts'

function steps() {
  const told: StepEvent[] = []
  const clock = {ms: 0}
  return {
    told,
    clock,
    steps: new Steps(
      event => told.push(event),
      () => clock.ms
    )
  }
}

test('a step is told as it begins, at each new detail, and with its time as it ends', () => {
  const {told, clock, steps: walk} = steps()
  walk.begin(0, 'begun')
  clock.ms = 5
  walk.detail(0, 'more')
  walk.detail(0, 'more')
  clock.ms = 20
  walk.done(0, 'over')
  const title = 'network'
  assert.deepEqual(told, [
    {step: 0, title, state: 'running', ms: 0, detail: 'begun'},
    {step: 0, title, state: 'running', ms: 5, detail: 'more'},
    {step: 0, title, state: 'done', ms: 20, detail: 'over'}
  ])
})

test('what happens to a step that is over, or has not begun, is no news', () => {
  const {told, steps: walk} = steps()
  walk.detail(1, 'early')
  walk.begin(1, '')
  walk.done(1, '')
  const count = told.length
  walk.begin(1, 'again')
  walk.detail(1, 'late')
  walk.failed(1, 'late')
  assert.equal(told.length, count)
  assert.equal(walk.isDone(1), true)
})

test('steps overlap; the current one is the first that is not done', () => {
  const {steps: walk} = steps()
  for (const step of [0, 1, 2] as const) walk.done(step, '')
  walk.begin(3, '')
  walk.begin(4, '')
  walk.done(4, '')
  assert.equal(walk.current, 3)
})

test('the status page gets the time so far of what is under way', () => {
  const {clock, steps: walk} = steps()
  walk.begin(0, '')
  clock.ms = 7
  const [first, second] = walk.list()
  assert.deepEqual([first?.state, first?.ms], ['running', 7])
  assert.deepEqual([second?.state, second?.ms], ['waiting', undefined])
})
