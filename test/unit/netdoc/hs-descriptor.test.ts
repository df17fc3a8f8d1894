import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {toBase64} from '../../../src/bytes/base64.ts'
import {concat, fromText, toLatin1} from '../../../src/bytes/octets.ts'
import {encode} from '../../../src/codec/codec.ts'
import {type Ed25519KeyPair, ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {makeEd25519Cert} from '../../../src/crypto/ed25519-cert.ts'
import {blindingParameter, blindKeyPair, subcredential} from '../../../src/crypto/hs/blinding.ts'
import {openDescriptorLayer, sealDescriptorLayer} from '../../../src/crypto/hs/descriptor-cipher.ts'
import {generateX25519} from '../../../src/crypto/x25519.ts'
import type {
  HsDescriptorContent,
  HsIntroductionPoint
} from '../../../src/netdoc/hs-descriptor/hs-descriptor.ts'
import {parseInnerLayer} from '../../../src/netdoc/hs-descriptor/inner.ts'
import {parseMiddleLayer} from '../../../src/netdoc/hs-descriptor/middle.ts'
import {openHsDescriptor} from '../../../src/netdoc/hs-descriptor/open.ts'
import {parseOuterHsDescriptor} from '../../../src/netdoc/hs-descriptor/outer.ts'
import {type HsDescriptorOptions, printHsDescriptor} from '../../../src/netdoc/hs-descriptor/print.ts'
import {printItem, printObject} from '../../../src/netdoc/print.ts'
import {parseProtocols} from '../../../src/netdoc/protocols.ts'
import {CertType} from '../../../src/wire/certs.ts'
import {linkSpecifierList} from '../../../src/wire/link-specifier.ts'

const now = new Date('2026-11-22T12:00:00Z')
const later = new Date('2026-11-24T12:00:00Z')
let options: HsDescriptorOptions
let signing: Ed25519KeyPair

function point(): HsIntroductionPoint {
  return {
    linkSpecifiers: [
      {kind: 'ipv4', address: Uint8Array.of(127, 0, 0, 1), port: 9001},
      {kind: 'rsaIdentity', identity: new Uint8Array(20).fill(3)},
      {kind: 'ed25519Identity', identity: generateEd25519().public}
    ],
    ntorOnionKey: generateX25519().public,
    authKey: generateEd25519().public,
    encryptionKey: generateX25519().public
  }
}

before(async () => {
  await ed25519Ready
  const identity = generateEd25519()
  const blinded = blindKeyPair(
    identity,
    blindingParameter(identity.public, {number: 20_000, lengthMinutes: 1440})
  )
  signing = generateEd25519()
  options = {
    blinded,
    subcredential: subcredential(identity.public, blinded.public),
    signing,
    certsExpireAt: later,
    lifetimeMinutes: 180,
    revisionCounter: 2n ** 63n + 5n,
    authorizedClients: [],
    content: {
      isSingleOnion: false,
      flowControl: {protocols: parseProtocols('FlowCtrl=1-2') ?? assert.fail(), sendmeIncrement: 31},
      powParams: {seed: new Uint8Array(32).fill(9), suggestedEffort: 7, expiresAt: later},
      introductionPoints: [point(), point(), point()]
    }
  }
})

function outerOf(changes: Partial<HsDescriptorOptions> = {}) {
  const outer = parseOuterHsDescriptor(printHsDescriptor({...options, ...changes}), {now})
  assert.ok(outer.ok)
  return outer.value
}

function assertContent(actual: HsDescriptorContent, expected: HsDescriptorContent): void {
  const {flowControl, ...rest} = actual
  const {flowControl: wanted, ...others} = expected
  assert.deepEqual(rest, others)
  assert.deepEqual(flowControl?.protocols.versions('FlowCtrl'), wanted?.protocols.versions('FlowCtrl'))
  assert.equal(flowControl?.sendmeIncrement, wanted?.sendmeIncrement)
}

describe('the layers of an onion service descriptor (rend-spec-v3 2.5)', () => {
  it('come back as they were printed', () => {
    const opened = openHsDescriptor(outerOf(), {subcredential: options.subcredential})
    assert.ok(opened.ok)
    assertContent(opened.value, options.content)
  })

  it('leave out what the service does not have', () => {
    const content = {
      isSingleOnion: true,
      flowControl: undefined,
      powParams: undefined,
      introductionPoints: []
    }
    const opened = openHsDescriptor(outerOf({content}), {subcredential: options.subcredential})
    assert.ok(opened.ok)
    assertContent(opened.value, content)
  })

  it('cannot be opened without the subcredential', () => {
    const opened = openHsDescriptor(outerOf(), {subcredential: new Uint8Array(32)})
    assert.equal(!opened.ok && opened.fault.code, 'hs-descriptor-undecryptable')
  })

  it('are padded to a multiple of 10,000 octets, whatever is inside', () => {
    const lengths = [0, 1, 3].map(count => {
      const introductionPoints = options.content.introductionPoints.slice(0, count)
      return outerOf({content: {...options.content, introductionPoints}}).superencrypted.length
    })
    assert.deepEqual(lengths, [10_048, 10_048, 10_048])
  })

  it('refuse a layer of which one bit was changed', () => {
    const secret = {
      blindedKey: options.blinded.public,
      subcredential: options.subcredential,
      revisionCounter: 1n
    }
    const sealed = sealDescriptorLayer('encrypted', secret, fromText('text'))
    assert.equal(toLatin1(openDescriptorLayer('encrypted', secret, sealed) ?? assert.fail()), 'text')
    assert.equal(openDescriptorLayer('superencrypted', secret, sealed), undefined)
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice()
      changed[i] = (changed[i] as number) ^ 1
      assert.equal(openDescriptorLayer('encrypted', secret, changed), undefined)
    }
    for (let length = 0; length < sealed.length; length++) {
      assert.equal(openDescriptorLayer('encrypted', secret, sealed.subarray(0, length)), undefined)
    }
  })
})

describe('restricted discovery (rend-spec-v3 2.5.1.2)', () => {
  it('lets exactly the authorized clients read the inner layer', () => {
    const clients = [generateX25519(), generateX25519()]
    const outer = outerOf({authorizedClients: clients.map(client => client.public)})
    const {subcredential: credential} = options
    for (const {secret} of clients) {
      const opened = openHsDescriptor(outer, {subcredential: credential, clientKey: secret})
      assert.ok(opened.ok)
      assertContent(opened.value, options.content)
    }
    const codes = [undefined, generateX25519().secret].map(clientKey => {
      const opened = openHsDescriptor(outer, {subcredential: credential, clientKey})
      return opened.ok ? 'ok' : opened.fault.code
    })
    assert.deepEqual(codes, ['hs-client-auth-needed', 'hs-client-auth-bad'])
  })

  it('does no harm to a client that has a key for a service open to all', () => {
    const clientKey = generateX25519().secret
    assert.ok(openHsDescriptor(outerOf(), {subcredential: options.subcredential, clientKey}).ok)
  })

  it('shows lines for clients in multiples of 16 alone', () => {
    const counts = [0, 1, 16, 17].map(count => {
      const authorizedClients = Array.from({length: count}, () => generateX25519().public)
      const {blindedKey, revisionCounter, superencrypted} = outerOf({authorizedClients})
      const secret = {blindedKey, revisionCounter, subcredential: options.subcredential}
      const text = openDescriptorLayer('superencrypted', secret, superencrypted) ?? assert.fail()
      const middle = parseMiddleLayer(text.subarray(0, text.indexOf(0)))
      assert.ok(middle.ok)
      return middle.value.entries.length
    })
    assert.deepEqual(counts, [16, 16, 16, 32])
  })
})

describe('the inner layer', () => {
  const formats = 'create2-formats 2\n'
  const parse = (text: string) => parseInnerLayer(fromText(text), signing.public)
  const codeOf = (text: string) => {
    const result = parse(text)
    return result.ok ? 'ok' : `${result.fault.code} ${result.fault.data?.keyword ?? ''}`.trim()
  }
  const cert = (type: number, key: Uint8Array, signer = signing, includeSigner = true) =>
    printObject(
      'ED25519 CERT',
      makeEd25519Cert({type, certifiedKey: key, signer, includeSigner, expiresAt: later})
    )

  /** An introduction point as text, with parts of it changed. */
  function pointText(
    changes: {readonly [part in 'specifiers' | 'onion' | 'auth' | 'enc' | 'cross']?: string} = {}
  ) {
    const {linkSpecifiers, ntorOnionKey, authKey, encryptionKey} = point()
    const specifiers = toBase64(encode(linkSpecifierList, {linkSpecifiers: [...linkSpecifiers]}))
    return [
      printItem('introduction-point', changes.specifiers ?? specifiers),
      changes.onion ?? printItem('onion-key', 'ntor', toBase64(ntorOnionKey)),
      changes.auth ?? `auth-key\n${cert(CertType.HS_INTRO_V_SIGNING, authKey)}`,
      changes.enc ?? printItem('enc-key', 'ntor', toBase64(encryptionKey)),
      changes.cross ?? `enc-key-cert\n${cert(CertType.HS_INTRO_ENC_V_SIGNING, generateEd25519().public)}`
    ].join('')
  }
  const pointsIn = (text: string) => {
    const result = parse(formats + text)
    assert.ok(result.ok, JSON.stringify(result))
    return result.value.introductionPoints.length
  }

  it('begins with create2-formats, ntor among them', () => {
    assert.equal(codeOf('create2-formats 1 2 3\n'), 'ok')
    assert.equal(codeOf('create2-formats 3\n'), 'not-supported create2-formats')
    assert.equal(codeOf('single-onion-service\ncreate2-formats 2\n'), 'misplaced-item create2-formats')
    assert.equal(codeOf('single-onion-service\n'), 'missing-item create2-formats')
  })

  it('asks for an authentication that we know, or for none', () => {
    assert.equal(codeOf(`${formats}intro-auth-required password ed25519\n`), 'ok')
    assert.equal(codeOf(`${formats}intro-auth-required password\n`), 'not-supported intro-auth-required')
  })

  it('has a SENDME increment of 1 to 255 in flow-control', () => {
    assert.equal(codeOf(`${formats}flow-control 1-2 255\n`), 'ok')
    for (const line of ['1-2 0', '1-2 256', '1-2 x', '2-1 31', '1-2 -1']) {
      assert.equal(codeOf(`${formats}flow-control ${line}\n`), 'bad-argument flow-control')
    }
  })

  it('may have several pow-params, of which the first of version 1 counts', () => {
    const seed = (fill: number) => toBase64(new Uint8Array(32).fill(fill))
    const parsed = parse(
      `${formats}pow-params v9 strange\npow-params v1 ${seed(1)} 20 2026-11-22T13:00:00\n` +
        `pow-params v1 ${seed(2)} 30 2026-11-22T13:00:00\n`
    )
    assert.ok(parsed.ok)
    const {powParams} = parsed.value
    assert.deepEqual(powParams, {
      seed: new Uint8Array(32).fill(1),
      suggestedEffort: 20,
      expiresAt: new Date('2026-11-22T13:00:00Z')
    })
    for (const rest of [
      '',
      `${seed(1)} 4294967296 2026-11-22T13:00:00`,
      `${seed(1)} 1`,
      'AAAA 1 2026-11-22T13:00:00'
    ]) {
      assert.equal(codeOf(`${formats}pow-params v1 ${rest}\n`), 'bad-argument pow-params')
    }
  })

  it('takes introduction points that carry a legacy key with its certificate', () => {
    const legacy = printItem('legacy-key') + printObject('RSA PUBLIC KEY', new Uint8Array(140).fill(1))
    const crosscert = printItem('legacy-key-cert') + printObject('CROSSCERT', new Uint8Array(160).fill(1))
    assert.equal(pointsIn(pointText() + legacy + crosscert), 1)
    assert.equal(pointsIn(pointText() + legacy), 0)
  })

  it('passes over introduction points that make no sense and keeps the others', () => {
    const {authKey} = point()
    const other = generateEd25519()
    const bad = [
      {specifiers: '!'},
      {specifiers: toBase64(Uint8Array.of(1, 0, 6, 127))},
      {onion: 'onion-key ntor AAAA\n'},
      {onion: `onion-key future ${toBase64(new Uint8Array(32).fill(5))}\n`},
      {auth: `auth-key\n${cert(CertType.HS_INTRO_ENC_V_SIGNING, authKey)}`},
      {auth: `auth-key\n${cert(CertType.HS_INTRO_V_SIGNING, authKey, other)}`},
      {auth: `auth-key\n${cert(CertType.HS_INTRO_V_SIGNING, authKey, signing, false)}`},
      {enc: ''},
      {cross: `enc-key-cert\n${cert(CertType.HS_INTRO_V_SIGNING, authKey)}`},
      {cross: `enc-key-cert\n${cert(CertType.HS_INTRO_ENC_V_SIGNING, authKey, other)}`}
    ]
    for (const changes of bad)
      assert.equal(pointsIn(pointText(changes) + pointText()), 1, JSON.stringify(changes))
  })

  it('passes over introduction points with keys of small order (TROVE-2026-013, TROVE-2026-015)', () => {
    const zero = toBase64(new Uint8Array(32))
    const one = toBase64(concat(Uint8Array.of(1), new Uint8Array(31)))
    for (const key of [zero, one]) {
      assert.equal(pointsIn(pointText({onion: `onion-key ntor ${key}\n`})), 0)
      assert.equal(pointsIn(pointText({enc: `enc-key ntor ${key}\n`})), 0)
    }
    for (const key of [new Uint8Array(32), concat(Uint8Array.of(1), new Uint8Array(31))]) {
      assert.equal(pointsIn(pointText({auth: `auth-key\n${cert(CertType.HS_INTRO_V_SIGNING, key)}`})), 0)
    }
  })

  it('has no more than 20 introduction points', () => {
    const one = pointText()
    assert.equal(pointsIn(one.repeat(20)), 20)
    assert.equal(codeOf(formats + one.repeat(21)), 'bad-argument introduction-point')
  })
})

describe('the middle layer', () => {
  const key = toBase64(new Uint8Array(32).fill(9))
  const client = `auth-client ${toBase64(new Uint8Array(8))} ${toBase64(new Uint8Array(16))} ${toBase64(new Uint8Array(16))}\n`
  const encrypted = `encrypted\n${printObject('MESSAGE', new Uint8Array(49))}`
  const codeOf = (text: string) => {
    const result = parseMiddleLayer(fromText(text))
    return result.ok ? 'ok' : `${result.fault.code} ${result.fault.data?.keyword ?? ''}`.trim()
  }
  const layer = (changes: {type?: string; key?: string; client?: string; encrypted?: string} = {}) =>
    `desc-auth-type ${changes.type ?? 'x25519'}\ndesc-auth-ephemeral-key ${changes.key ?? key}\n` +
    `${changes.client ?? client}${changes.encrypted ?? encrypted}`

  it('has a known authentication, a good key, at least one client and something encrypted', () => {
    assert.equal(codeOf(layer()), 'ok')
    assert.equal(codeOf(layer({type: 'x448'})), 'not-supported desc-auth-type')
    assert.equal(codeOf(layer({key: toBase64(new Uint8Array(32))})), 'bad-key desc-auth-ephemeral-key')
    assert.equal(codeOf(layer({client: ''})), 'missing-item auth-client')
    assert.equal(codeOf(layer({client: 'auth-client AAAA AAAA AAAA\n'})), 'bad-argument auth-client')
    assert.equal(
      codeOf(layer({encrypted: `encrypted\n${printObject('MESSAGE', new Uint8Array(48))}`})),
      'bad-argument encrypted'
    )
    assert.equal(codeOf(client + layer()), 'misplaced-item desc-auth-type')
  })
})
