import assert from 'node:assert/strict'
import {createPublicKey} from 'node:crypto'
import {before, describe, it} from 'node:test'
import {toBase16Upper} from '../../src/bytes/base16.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {type RsaPublicKey, rsaPublicFromHandle} from '../../src/crypto/rsa.ts'
import {parseExtraInfo} from '../../src/netdoc/extra-info/extra-info.ts'
import {readVectors} from '../support/package-root.ts'

const {documents} = readVectors<{documents: Record<string, string>}>('extrainfo_documents.json')

function keyOf(name: string): RsaPublicKey {
  const pem = documents[`${name}_KEY`] ?? assert.fail(name)
  return rsaPublicFromHandle(createPublicKey(pem)) ?? assert.fail(name)
}

const names = Object.keys(documents).filter(name => !name.endsWith('_KEY') && !name.endsWith('_FP'))

const REFUSALS: Readonly<Record<string, string>> = {
  EX_EI_BAD_SIG1: 'bad-signature router-signature',
  EX_EI_BAD_SIG2: 'bad-signature router-sig-ed25519',
  EX_EI_BAD_NICKNAME: 'bad-argument extra-info',
  EX_EI_BAD_TOKENS: 'repeated-item published',
  EX_EI_BAD_START: 'missing-item extra-info',
  EX_EI_BAD_PUBLISHED: 'bad-argument published',
  EX_EI_ED_MISSING_SIG: 'missing-item router-sig-ed25519',
  EX_EI_ED_MISSING_CERT: 'missing-item identity-ed25519',
  EX_EI_ED_BAD_CERT1: 'bad-object-kind identity-ed25519',
  EX_EI_ED_BAD_CERT2: 'bad-certificate identity-ed25519',
  EX_EI_ED_MISPLACED_CERT: 'misplaced-item identity-ed25519',
  EX_EI_ED_MISPLACED_SIG: 'misplaced-item router-sig-ed25519'
}

before(() => ed25519Ready)

describe('extra-info documents of the C tor source', () => {
  for (const name of names) {
    const text = documents[name] ?? assert.fail(name)
    if (/_(?:MINIMAL|MAXIMAL)$/.test(name)) {
      it(`${name} is accepted`, () => {
        const result = parseExtraInfo(text, keyOf(name))
        assert.ok(result.ok, JSON.stringify(result))
        assert.equal(toBase16Upper(result.value.identity), documents[`${name}_FP`])
      })
    } else {
      it(`${name} is refused`, () => {
        const result = parseExtraInfo(text, keyOf(name))
        assert.ok(!result.ok)
        assert.equal(`${result.fault.code} ${result.fault.data?.keyword ?? ''}`.trim(), REFUSALS[name])
      })
    }
  }

  it('are refused with the key of another relay', () => {
    const result = parseExtraInfo(documents['EX_EI_MINIMAL'] ?? assert.fail(), keyOf('EX_EI_MAXIMAL'))
    assert.ok(!result.ok && result.fault.code === 'mismatch')
  })
})
