// The two windows of a stream on a circuit without congestion control (tor-spec 7.4): 500 messages each way, 50 more
// with every stream SENDME.

const WINDOW_START = 500
const SENDME_INCREMENT = 50

export class StreamWindow {
  #package = WINDOW_START
  #deliver = WINDOW_START

  get sendable(): number {
    return this.#package
  }

  sent(): void {
    this.#package--
  }

  /** A SENDME came. False: the peer acknowledges what was never sent. */
  acknowledged(): boolean {
    if (this.#package + SENDME_INCREMENT > WINDOW_START) return false
    this.#package += SENDME_INCREMENT
    return true
  }

  /** A message came. False: the peer sends more than its window. */
  received(): boolean {
    return --this.#deliver >= 0
  }

  /** SENDMEs that are due; the windows they grant count from now on. */
  due(): number {
    let due = 0
    while (this.#deliver <= WINDOW_START - SENDME_INCREMENT) {
      this.#deliver += SENDME_INCREMENT
      due++
    }
    return due
  }
}
