// One attempt to reach a service through one introduction point: a circuit to it, INTRODUCE1, and the relay's verdict.

import type {PathHop} from '../../circuit/open-circuit.ts'
import {MachineType} from '../../circuit/padding/machine.ts'
import {decode} from '../../codec/codec.ts'
import {IntroduceAckStatus, introduceAck} from '../../wire/hs/introduce.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {HsCircuits} from '../hs-circuits.ts'

/**
 * `acknowledged`: the message is on its way to the service. `refused`: it certainly is not. `unreachable`: it was not sent.
 * `timeout`: nobody knows.
 */
export type IntroductionOutcome = 'acknowledged' | 'refused' | 'unreachable' | 'timeout'

export async function introduce(
  circuits: HsCircuits,
  introductionPoint: PathHop,
  body: () => Uint8Array | undefined,
  timeoutMs: number
): Promise<IntroductionOutcome> {
  const opened = await circuits.open(introductionPoint, 'others', 'HS_CLIENT_INTRO')
  if (!opened.ok) return 'unreachable'
  const {circuit, last, pad, finish} = opened.value
  // Made now, since what it names may have gone while the circuit was built.
  const message = body()
  if (message === undefined) {
    circuit.close()
    return 'unreachable'
  }
  const outcome = await new Promise<IntroductionOutcome>(resolve => {
    const timer = setTimeout(() => resolve('timeout'), timeoutMs)
    circuit.onClose(() => {
      clearTimeout(timer)
      resolve('timeout')
    })
    circuit.onMessage((hop, {command, data}) => {
      if (hop !== last || command !== RelayCommand.INTRODUCE_ACK) return
      clearTimeout(timer)
      const ack = decode(introduceAck, data)
      resolve(ack.ok && ack.value.status === IntroduceAckStatus.SUCCESS ? 'acknowledged' : 'refused')
    })
    circuit.send(last, RelayCommand.INTRODUCE1, 0, message)
    pad(MachineType.INTRODUCTION)
  })
  finish()
  return outcome
}
