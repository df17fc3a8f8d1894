// The items of a router descriptor (dir-spec 2.1.1).

import {ED25519_CERT} from '../ed25519-item.ts'
import type {ItemRules} from '../item-rules.ts'
import {RSA_PUBLIC_KEY, SIGNATURE} from '../rsa-item.ts'

export const ROUTER_RULES = {
  '@purpose': {count: 'at-most-once', args: 1},
  router: {count: 'once', args: 5, position: 0},
  'identity-ed25519': {count: 'once', maxArgs: 0, object: ED25519_CERT, position: 1},
  'master-key-ed25519': {count: 'once', args: 1},
  bandwidth: {count: 'once', args: 3},
  platform: {count: 'at-most-once'},
  proto: {count: 'once'},
  published: {count: 'once'},
  fingerprint: {count: 'at-most-once'},
  hibernating: {count: 'at-most-once', args: 1},
  uptime: {count: 'at-most-once', args: 1},
  'extra-info-digest': {count: 'at-most-once', args: 1},
  'onion-key': {count: 'at-most-once', maxArgs: 0, object: RSA_PUBLIC_KEY},
  'onion-key-crosscert': {count: 'at-most-once', maxArgs: 0, object: ['CROSSCERT']},
  'signing-key': {count: 'once', maxArgs: 0, object: RSA_PUBLIC_KEY},
  'ntor-onion-key': {count: 'once', args: 1},
  'ntor-onion-key-crosscert': {count: 'once', args: 1, maxArgs: 1, object: ED25519_CERT},
  accept: {count: 'any', args: 0},
  reject: {count: 'any', args: 0},
  accept6: {count: 'any', args: 0},
  reject6: {count: 'any', args: 0},
  'ipv6-policy': {count: 'at-most-once'},
  family: {count: 'at-most-once', args: 0},
  'family-cert': {count: 'any', object: ['FAMILY CERT']},
  'read-history': {count: 'at-most-once'},
  'write-history': {count: 'at-most-once'},
  contact: {count: 'at-most-once'},
  'caches-extra-info': {count: 'at-most-once', maxArgs: 0},
  'hidden-service-dir': {count: 'at-most-once', maxArgs: 0},
  'allow-single-hop-exits': {count: 'at-most-once', maxArgs: 0},
  'tunnelled-dir-server': {count: 'at-most-once', maxArgs: 0},
  'or-address': {count: 'any', args: 1},
  'router-sig-ed25519': {count: 'once', args: 1, position: -2},
  'router-signature': {count: 'once', maxArgs: 0, object: SIGNATURE, position: -1}
} as const satisfies ItemRules
