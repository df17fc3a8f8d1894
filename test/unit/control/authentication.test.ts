import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {fromBase16, toBase16} from '../../../src/bytes/base16.ts'
import {concat, fromText} from '../../../src/bytes/octets.ts'
import {Authentication} from '../../../src/control/authentication.ts'
import {FailedTries} from '../../../src/control/failed-tries.ts'
import {hmacSha256} from '../../../src/crypto/digest.ts'
import {hashPassword} from '../../../src/crypto/secret-to-key.ts'

const cookie = {octets: new Uint8Array(32).fill(7), file: '/data/a "b"'}
const password = fromText('open sesame')
const wrong = fromText('open rye')
/** Made by C tor 0.4.9.11: tor --hash-password foo */
const OF_C_TOR = '16:0774EA11CE809F196013E007867D1A9EB7E3E46B0EA2CDAB24694D435D'

describe('control-spec 3.5: whoever may come', () => {
  it('is everybody where nothing is set', () => {
    const open = new Authentication({cookie: undefined, passwords: []})
    assert.equal(open.line, 'AUTH METHODS=NULL')
    assert.ok(open.check(wrong, undefined).ok)
  })

  it('knows the cookie', () => {
    const authentication = new Authentication({cookie, passwords: []})
    assert.equal(authentication.line, 'AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE="/data/a \\"b\\""')
    assert.ok(authentication.check(cookie.octets, undefined).ok)
    assert.match(why(authentication, new Uint8Array(32)), /did not match/)
    assert.match(why(authentication, new Uint8Array(3)), /Wrong length/)
  })

  it('or one of the passwords', () => {
    const passwords = [hashPassword(fromText('another')), hashPassword(password), OF_C_TOR]
    const authentication = new Authentication({cookie, passwords})
    assert.match(authentication.line, /METHODS=COOKIE,SAFECOOKIE,HASHEDPASSWORD /)
    for (const secret of [password, fromText('another'), fromText('foo'), cookie.octets]) {
      assert.ok(authentication.check(secret, undefined).ok)
    }
    assert.match(why(authentication, wrong), /\*or\*/)
    assert.match(why(new Authentication({cookie: undefined, passwords}), wrong), /Password did not match/)
  })
})

describe('control-spec 3.24: a safe cookie', () => {
  const nonce = fromText('nonce')
  const authentication = new Authentication({cookie, passwords: [OF_C_TOR]})

  it('is proved by both sides', () => {
    const given = authentication.challenge(nonce)
    assert.ok(given)
    const [, serverHash = '', serverNonce = ''] =
      /^AUTHCHALLENGE SERVERHASH=(\w{64}) SERVERNONCE=(\w{64})$/.exec(given.line) ?? []
    const message = concat(cookie.octets, nonce, fromBase16(serverNonce) ?? assert.fail())
    const mac = (key: string) => hmacSha256(fromText(`Tor safe cookie authentication ${key} hash`), message)
    assert.equal(serverHash.toLowerCase(), toBase16(mac('server-to-controller')))
    assert.ok(authentication.check(mac('controller-to-server'), given.challenge).ok)
  })

  it('leaves no other way once it is begun', () => {
    const challenge = authentication.challenge(nonce)?.challenge
    assert.match(why(authentication, cookie.octets, challenge), /Safe cookie response/)
    assert.match(why(authentication, fromText('foo'), challenge), /Wrong length/)
  })

  it('needs a cookie', () => {
    assert.equal(new Authentication({cookie: undefined, passwords: []}).challenge(nonce), undefined)
  })
})

describe('failed tries', () => {
  it('cost more each time, up to a bound, and less after a minute without any', () => {
    let now = 0
    const tries = new FailedTries(() => now)
    assert.deepEqual(
      Array.from({length: 8}, () => tries.note()),
      [100, 200, 400, 800, 1600, 3200, 5000, 5000]
    )
    now += 60_000
    assert.equal(tries.note(), 100)
  })
})

function why(
  authentication: Authentication,
  secret: Uint8Array,
  challenge?: Parameters<Authentication['check']>[1]
): string {
  const checked = authentication.check(secret, challenge)
  return checked.ok ? assert.fail('was let in') : (checked.fault.data?.message ?? '')
}
