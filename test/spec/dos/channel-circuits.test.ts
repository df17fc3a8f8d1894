import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {RawCommand, RawLink} from '../../support/raw-link.ts'

const CIRCUITS_MAX = 16_384
const MORE = 20
/** CREATE cells that are under way at once; a peer that leaves thousands of answers unread loses its link. */
const AT_ONCE = 1000

let relay: TestCore
let port = 0

before(async () => {
  relay = await startCore()
  port = relay.hop.addresses[0]?.port ?? 0
})

after(() => relay.close())

/** How a CREATE_FAST on each id was answered: the DESTROY reason, or undefined where it was CREATED_FAST. */
async function create(
  link: RawLink,
  ids: readonly number[]
): Promise<ReadonlyMap<number, number | undefined>> {
  const answers = new Map<number, number | undefined>()
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const batch = ids.slice(at, at + AT_ONCE)
    for (const id of batch) link.sendCell(id, RawCommand.CREATE_FAST, new Uint8Array(20))
    while (answers.size < at + batch.length) {
      const {circuitId, command, body} = await link.nextCell()
      if (command === RawCommand.CREATED_FAST) answers.set(circuitId, undefined)
      else if (command === RawCommand.DESTROY) answers.set(circuitId, body[0])
    }
  }
  return answers
}

test('a channel carries so many circuits and no more, others are not touched, and one that closes makes room', async () => {
  const {link} = await RawLink.handshake(port, [4, 5], '127.0.0.2')
  const ids = Array.from({length: CIRCUITS_MAX + MORE}, (_, i) => 0x80000001 + i)
  const answers = await create(link, ids)
  const refused = ids.filter(id => answers.get(id) !== undefined)
  assert.deepEqual(refused, ids.slice(CIRCUITS_MAX))
  assert.equal(answers.get(ids.at(-1) ?? 0), DestroyReason.RESOURCELIMIT)
  assert.equal(relay.core.circuitCounters.creates['channel-full'], MORE)
  const {link: other} = await RawLink.handshake(port, [4, 5], '127.0.0.3')
  assert.deepEqual([...(await create(other, [0x80000001])).values()], [undefined])
  link.sendCell(0x80000001, RawCommand.DESTROY, Uint8Array.of(DestroyReason.NONE))
  assert.deepEqual(
    [...(await create(link, [0x80000001, 0x80000002 + ids.length])).values()],
    [undefined, DestroyReason.RESOURCELIMIT]
  )
  link.close()
  other.close()
})
