// The items of a consensus (dir-spec 3.4.1, 3.4.2): its header, each relay's entry, its footer.

import type {ItemRules} from '../item-rules.ts'
import {SIGNATURE} from '../rsa-item.ts'

export const HEADER_RULES = {
  'network-status-version': {count: 'once', args: 1, position: 0},
  'vote-status': {count: 'once', args: 1},
  'consensus-method': {count: 'once', args: 1, maxArgs: 1},
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
  'shared-rand-previous-value': {count: 'at-most-once', args: 2, maxArgs: 2},
  'shared-rand-current-value': {count: 'at-most-once', args: 2, maxArgs: 2},
  'dir-source': {count: 'at-least-once', args: 6},
  contact: {count: 'at-least-once'},
  'vote-digest': {count: 'at-least-once', args: 1}
} as const satisfies ItemRules

export const RELAY_RULES = {
  r: {count: 'once', args: 7, position: 0},
  a: {count: 'any', args: 1},
  s: {count: 'once', args: 0},
  v: {count: 'at-most-once'},
  pr: {count: 'once'},
  w: {count: 'at-most-once', args: 0},
  p: {count: 'at-most-once'},
  m: {count: 'any', args: 1}
} as const satisfies ItemRules

export const FOOTER_RULES = {
  'directory-footer': {count: 'once', args: 0, position: 0},
  'bandwidth-weights': {count: 'at-most-once', args: 0},
  'directory-signature': {count: 'at-least-once', args: 2, object: SIGNATURE}
} as const satisfies ItemRules
