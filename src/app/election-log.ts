// What an election tells, as lines of the log.

import type {Logger} from '../log/logger.ts'
import type {ElectionEvent} from '../roles/authority/voting/election-deps.ts'

export function logElection(event: ElectionEvent, logger: Logger): void {
  switch (event.kind) {
    case 'voted':
      logger.info(`Voted on ${event.relays} relays.`)
      return
    case 'vote-received':
      logger.info(`A vote of ${event.nickname ?? 'somebody'}: ${event.outcome}.`)
      return
    case 'computed':
      logger.info(
        `Computed a consensus on ${event.relays} relays from ${event.votes} votes with method ${event.method}.`
      )
      return
    case 'signatures-received':
      logger.info(`Signatures of another authority: ${event.outcome}.`)
      return
    case 'published':
      logger.info(`Published a consensus with ${event.signatures} signatures.`)
      return
    case 'too-few-votes':
      logger.notice(`There are ${event.votes} votes, and a consensus needs ${event.needed}.`)
      return
    case 'too-few-signatures':
      logger.notice(`The consensus has ${event.signatures} signatures, and needs ${event.needed}.`)
  }
}
