// When this relay was last overloaded, for the line overload-general of its descriptor (dir-spec 2.1.1): for three days the
// bandwidth authorities and the operator's tools can see it there.

const SHOWN_MS = 72 * 3600_000

export class Overload {
  #at: Date | undefined

  note(at: Date): void {
    this.#at = at
  }

  /** The last time, unless it is too long ago to be told. */
  shownAt(now: Date): Date | undefined {
    return this.#at !== undefined && now.getTime() - this.#at.getTime() < SHOWN_MS ? this.#at : undefined
  }
}
