// The two padding machines (padding-spec 3.3, prop 302), as data: the relay's halves, and the clients'. A machine that a client
// starts sends DROP messages towards the other half and comes to its end; whatever else passes on the circuit does not move it.

/** A machine's number in PADDING_NEGOTIATE. */
export const MachineType = {
  /** Makes a client's introduction circuit look like one on which something is downloaded. */
  INTRODUCTION: 0,
  /** Makes the setup of a client's rendezvous circuit look like that of a general one. */
  RENDEZVOUS: 1
} as const
export type MachineType = (typeof MachineType)[keyof typeof MachineType]

export interface Machine {
  /** DROP messages: at least and at most, all numbers between being equally likely. */
  readonly drops: readonly [least: number, most: number]
  /** Microseconds before each of them, in the same way. */
  readonly delayUs: readonly [least: number, most: number]
  /** At its end the machine tells the client to stop its own; otherwise it stays until the client stops it. */
  readonly atEnd: 'stop' | 'stay'
}

export const MACHINES: Readonly<Record<MachineType, Machine>> = Object.freeze({
  // C tor draws from 7 to 10 and drops the fraction, so that 10 never comes.
  [MachineType.INTRODUCTION]: {drops: [7, 9], delayUs: [1000, 10_000], atEnd: 'stop'},
  [MachineType.RENDEZVOUS]: {drops: [1, 1], delayUs: [0, 1000], atEnd: 'stay'}
})

/** A client's half: what it sends itself, and whether its circuit lives on for the relay's half. */
export interface OriginMachine {
  /** Nothing is sent where there are none. */
  readonly drops: readonly [least: number, most: number] | undefined
  readonly delayUs: readonly [least: number, most: number]
  /** The circuit stays open when what it was for is done, as one does on which something is downloaded. */
  readonly keepsOpen: boolean
}

export const ORIGIN_MACHINES: Readonly<Record<MachineType, OriginMachine>> = Object.freeze({
  [MachineType.INTRODUCTION]: {drops: undefined, delayUs: [0, 0], keepsOpen: true},
  // Before the relay's answer can be here, as a second request would be.
  [MachineType.RENDEZVOUS]: {drops: [1, 1], delayUs: [0, 1000], keepsOpen: false}
})

export function isMachineType(number: number): number is MachineType {
  return number in MACHINES
}
