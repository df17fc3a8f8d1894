// ContactInfo: whether anybody can reach the operator, and whether programs can read it (the ContactInfo Information Sharing
// Specification, version 2: `email:someone[]example.org url:https://example.org proof:uri-rsa ciissversion:2`).

import {bad, type Finding, good, warn} from './finding.ts'

/** The fields of the specification, with what their values look like where that is fixed. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  email: /^[^@\s]+\[\][^@\s]+\.[^@\s]+$/,
  url: /^(https?:\/\/)?[\w.-]+(:\d+)?(\/\S*)?$/,
  proof: /^(uri-rsa|dns-rsa)$/,
  ciissversion: /^2$/,
  pgp: /^[0-9A-Fa-f]{40}$/,
  abuse: /^[^@\s]+\[\][^@\s]+\.[^@\s]+$/,
  keybase: /^\w+$/,
  twitter: /^\w{1,15}$/,
  mastodon: /^\S+$/,
  matrix: /^@\S+:\S+$/,
  xmpp: /^[^@\s]+\[\][^@\s]+$/,
  otr3: /^[0-9A-Fa-f]{40}$/,
  hoster: /^[\w.-]+$/,
  cost: /^[\d.]+[A-Z]{3}$/,
  uplinkbw: /^\d+$/,
  trafficacct: /^\S+$/,
  memory: /^\d+$/,
  cpu: /^\S+$/,
  virtualization: /^\S+$/,
  donationurl: /^\S+$/,
  btc: /^\w+$/,
  zec: /^\w+$/,
  xmr: /^\w+$/,
  offlinemasterkey: /^[yn]$/,
  signingkeylifetime: /^\d+$/,
  sandbox: /^[yn]$/,
  os: /^\S+$/,
  tls: /^\S+$/,
  aesni: /^[yn]$/,
  autoupdate: /^[yn]$/,
  confmgmt: /^\S+$/,
  dnslocation: /^\S+$/,
  dnsqname: /^[yn]$/,
  dnssec: /^[yn]$/,
  dnslocalrootzone: /^[yn]$/
}

const EXAMPLE = 'ContactInfo email:you[]example.org url:https://example.org proof:uri-rsa ciissversion:2'

export function contactFinding(contact: string | undefined, isPublished: boolean): Finding {
  if (contact === undefined) {
    const text = 'There is no ContactInfo: nobody can tell you when something is wrong with the relay.'
    return isPublished
      ? bad('contact', `${text} Such relays get refused.`, EXAMPLE)
      : warn('contact', text, EXAMPLE)
  }
  if (/[^\x20-\x7e]/.test(contact))
    return warn('contact', 'ContactInfo holds characters that are not ASCII.', EXAMPLE)
  const fields = [...contact.matchAll(/(?:^|\s)([a-z0-9]+):(\S+)/g)].map(([, name = '', value = '']) => ({
    name,
    value
  }))
  if (!fields.some(({name}) => name === 'ciissversion')) {
    return warn(
      'contact',
      'ContactInfo is free text, which programs that look after the network cannot read.',
      EXAMPLE
    )
  }
  const wrong = fields.find(({name, value}) => FIELDS[name] !== undefined && !FIELDS[name].test(value))
  if (wrong !== undefined) {
    return warn(
      'contact',
      `ContactInfo: '${wrong.value}' is no value of ${wrong.name}.`,
      `${EXAMPLE} (@ is written [])`
    )
  }
  const lacks = (name: string) => !fields.some(field => field.name === name)
  if (lacks('email') && lacks('url'))
    return warn('contact', 'ContactInfo names neither email nor url.', EXAMPLE)
  if (lacks('proof') && !lacks('url')) {
    return warn('contact', 'ContactInfo names a url without proof that it is yours.', 'add proof:uri-rsa')
  }
  return good('contact', 'ContactInfo can be read by people and programs.')
}
