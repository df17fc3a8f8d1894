import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {Needles} from '../support/needles.ts'

const SECRET = Buffer.from('a1b2c3d4e5f60718293a4b5c6d7e8f90a0b1c2d3', 'hex')

describe('a search for secrets', () => {
  const needles = new Needles()
  needles.addOctets('key', SECRET)
  needles.addAddress('address', '127.77.13.201')
  needles.addText('name', 'somebody.example')

  for (const [form, text] of [
    ['raw', SECRET],
    ['hexadecimal', SECRET.toString('hex')],
    ['capital hexadecimal', SECRET.toString('hex').toUpperCase()],
    ['base64', SECRET.toString('base64')],
    ['base64url', SECRET.toString('base64url')],
    ['base64 behind one octet', Buffer.concat([Buffer.of(1), SECRET]).toString('base64')],
    ['base64 behind two octets', Buffer.concat([Buffer.of(1, 2), SECRET]).toString('base64')],
    ['decimal, as JSON has it', JSON.stringify([...SECRET])],
    ['its beginning alone', SECRET.toString('hex').slice(0, 12)],
    ['its end alone', SECRET.subarray(-12).toString('hex').slice(0, 12)]
  ] as const) {
    it(`finds a key: ${form}`, () => {
      const hay = Buffer.concat([Buffer.from('before '), Buffer.from(text), Buffer.from(' after')])
      const [found] = needles.findIn(hay)
      assert.equal(found?.kind, 'key')
    })
  }

  it('finds a key in base32 wherever it begins', () => {
    // RFC 4648 of the same octets, made by another program: base32(SECRET), and behind one octet of 0xff.
    for (const text of ['UGZMHVHF6YDRQKJ2JNOG27UPSCQLDQWT', '76Q3FQ6U4X3AOGBJHJFVY3L6R6IKBMOC2M']) {
      for (const written of [text, text.toLowerCase()]) {
        assert.equal(needles.findIn(Buffer.from(`x ${written} y`))[0]?.kind, 'key', written)
      }
    }
  })

  it('finds an address in its forms, and not as a part of another number', () => {
    for (const text of [
      'from 127.77.13.201:9001',
      '[::ffff:7f4d:dc9]',
      'ip=7F4D0DC9',
      '[127,77,13,201]',
      '2135756233'
    ]) {
      assert.equal(needles.findIn(Buffer.from(text))[0]?.kind, 'address', text)
    }
    for (const text of ['1127.77.13.201', '127.77.13.2011', '00007f4d0dc9ffff']) {
      assert.deepEqual(needles.findIn(Buffer.from(text)), [], text)
    }
  })

  it('finds a name', () => {
    assert.equal(needles.findIn(Buffer.from('to SOMEBODY.EXAMPLE:80')).length, 1)
    assert.deepEqual(needles.findIn(Buffer.from('to nobody.example:80')), [])
  })
})
