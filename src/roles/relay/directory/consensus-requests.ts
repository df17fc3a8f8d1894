// Who hears how requests for a consensus end.

/** What requests for a consensus begin with. */
export const CONSENSUS_PATH = '/tor/status-vote/current/consensus'

export interface ConsensusRequests {
  /** @param outcome of the directory's, other than `served` */
  refused(outcome: string): void
  /**
   * A consensus, or what differs from an older one, is about to be sent.
   * @returns what is to be called once all of it was taken, with the address of who asked; undefined: nobody knows
   */
  served(octets: number, how: {readonly isDirect: boolean}): (address: Uint8Array | undefined) => void
}
