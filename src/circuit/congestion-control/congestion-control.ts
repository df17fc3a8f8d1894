// How many DATA messages may be on their way on one circuit (tor-spec 7.3, prop 324). Pure arithmetic: the clock is an
// argument, the sending is the caller's.

export interface CongestionControl {
  readonly kind: 'fixed-window' | 'vegas'
  /** DATA messages between two SENDMEs. */
  readonly sendmeIncrement: number
  /** DATA messages that may be sent now; never negative. */
  canSend(): number
  onCellsSent(count: number, nowUs: number): void
  /** A valid circuit-level SENDME came. */
  onSendme(nowUs: number): void
  /** The circuit is gone. */
  closed(): void
}
