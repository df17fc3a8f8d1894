// The items of a vote (dir-spec 3.4.1). Those of the certificate in its middle are that document's.

import {FOOTER_RULES} from '../consensus/rules.ts'
import type {ItemRules} from '../item-rules.ts'

export const VOTE_RULES = {
  'network-status-version': {count: 'once', args: 1, position: 0},
  'vote-status': {count: 'once', args: 1},
  'consensus-methods': {count: 'once', args: 1},
  published: {count: 'once'},
  'valid-after': {count: 'once'},
  'fresh-until': {count: 'once'},
  'valid-until': {count: 'once'},
  'voting-delay': {count: 'once', args: 2},
  'client-versions': {count: 'at-most-once'},
  'server-versions': {count: 'at-most-once'},
  'known-flags': {count: 'once', args: 0},
  'recommended-client-protocols': {count: 'at-most-once'},
  'recommended-relay-protocols': {count: 'at-most-once'},
  'required-client-protocols': {count: 'at-most-once'},
  'required-relay-protocols': {count: 'at-most-once'},
  params: {count: 'at-most-once', args: 0},
  'dir-source': {count: 'once', args: 6},
  contact: {count: 'once'},
  'shared-rand-participate': {count: 'at-most-once', maxArgs: 0},
  'shared-rand-commit': {count: 'any', args: 3},
  'shared-rand-previous-value': {count: 'at-most-once', args: 2, maxArgs: 2},
  'shared-rand-current-value': {count: 'at-most-once', args: 2, maxArgs: 2}
} as const satisfies ItemRules

export const VOTED_RELAY_RULES = {
  r: {count: 'once', args: 8, position: 0},
  a: {count: 'any', args: 1},
  s: {count: 'once', args: 0},
  v: {count: 'at-most-once'},
  pr: {count: 'once'},
  w: {count: 'at-most-once', args: 0},
  p: {count: 'at-most-once'},
  m: {count: 'any'},
  id: {count: 'any', args: 2}
} as const satisfies ItemRules

export const VOTE_FOOTER_RULES = FOOTER_RULES
