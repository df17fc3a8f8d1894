// Answers become a torrc, with a word on each line that an operator may want to change.

import {join} from 'node:path'
import type {Answers, Places} from './answers.ts'
import {contactInfo} from './contact-info.ts'

export function torrcText(answers: Answers, places: Places): string {
  const {kind, metricsPort, statusPort} = answers
  const own = kind === 'relay' ? relayLines(answers) : serviceLines(answers, places)
  return `${[
    '# Written by ramson init. What each option does is in the manual of C tor, tor(1); `ramson --verify-config` checks them.',
    `DataDirectory ${places.dataDirectory}`,
    ...own,
    '',
    '# For the operator alone: numbers for Prometheus, a page for a browser on this machine, `ramson status`.',
    ...(metricsPort === '0' ? [] : [`MetricsPort ${metricsPort}`, 'MetricsPortPolicy accept 127.0.0.1']),
    ...(statusPort === '0' ? [] : [`StatusPort ${statusPort}`])
  ].join('\n')}\n`
}

function relayLines({nickname, orPort, contact, bandwidth, familyId}: Answers): string[] {
  return [
    '',
    `Nickname ${nickname}`,
    `ORPort ${orPort}`,
    ...(contact === ''
      ? ['# ContactInfo email:you[]example.org ciissversion:2']
      : [`ContactInfo ${contactInfo(contact)}`]),
    '',
    '# Octets a second, each way.',
    ...(bandwidth === ''
      ? ['# RelayBandwidthRate 10 MB']
      : [`RelayBandwidthRate ${bandwidth}`, `RelayBandwidthBurst ${bandwidth}`]),
    '',
    '# The same key at every relay of one operator: ramson --keygen-family NAME',
    familyId === '' ? '# FamilyId *' : `FamilyId ${familyId}`,
    '',
    '# ramson is experimental and publishes nothing to the public network unless this is 1.',
    'PublishToPublicNetwork 0'
  ]
}

function serviceLines({servicePort}: Answers, {dataDirectory}: Places): string[] {
  return ['', `HiddenServiceDir ${join(dataDirectory, 'service')}`, `HiddenServicePort ${servicePort}`]
}

/** The files that are who the node is: whoever has a copy can be it, and without one it is lost with the disk. */
export function identityFiles({kind, familyId}: Answers, {dataDirectory, torrc}: Places): string[] {
  if (kind === 'service') {
    return [
      join(dataDirectory, 'service', 'hs_ed25519_secret_key'),
      join(dataDirectory, 'service', 'hostname'),
      torrc
    ]
  }
  return [
    join(dataDirectory, 'keys', 'ed25519_master_id_secret_key'),
    join(dataDirectory, 'keys', 'ed25519_master_id_public_key'),
    join(dataDirectory, 'keys', 'secret_id_key'),
    ...(familyId === '' ? [] : [join(dataDirectory, 'keys', '*.secret_family_key')]),
    torrc
  ]
}
