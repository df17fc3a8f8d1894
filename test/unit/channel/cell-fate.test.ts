// tor-spec 3 and 4: cells on a channel whose handshake is over, by their command.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type CellFate, openCellFate} from '../../../src/channel/cell-fate.ts'
import {CHANNEL_FAULTS, type ChannelFaultCode, channelFault} from '../../../src/channel/fault.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'

test('every command has its fate, and an unknown one is ignored', () => {
  const fates: Readonly<Record<keyof typeof ChannelCommand, CellFate>> = {
    PADDING: 'padding',
    CREATE: 'control',
    CREATED: 'control',
    RELAY: 'relay',
    DESTROY: 'control',
    CREATE_FAST: 'control',
    CREATED_FAST: 'control',
    VERSIONS: 'ignored',
    NETINFO: 'ignored',
    RELAY_EARLY: 'relay',
    CREATE2: 'control',
    CREATED2: 'control',
    PADDING_NEGOTIATE: 'padding-negotiate',
    VPADDING: 'padding',
    CERTS: 'close',
    AUTH_CHALLENGE: 'close',
    AUTHENTICATE: 'close',
    AUTHORIZE: 'ignored'
  }
  for (const [name, command] of Object.entries(ChannelCommand)) {
    assert.equal(openCellFate(command), fates[name as keyof typeof ChannelCommand], name)
  }
  for (const command of [13, 14, 99, 127, 133, 255]) assert.equal(openCellFate(command), 'ignored')
})

test('every fault closes the channel and has one to blame', () => {
  for (const [code, entry] of Object.entries(CHANNEL_FAULTS)) {
    assert.equal(entry.effect, 'close')
    assert.deepEqual(channelFault(code as ChannelFaultCode), {code, blame: entry.blame})
    assert.ok(Object.isFrozen(entry))
  }
})
