import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'

const modules = new URL('../../src/crypto/', import.meta.url)

/** Runs `code` in a Node of its own whose collector runs all the time. */
function inSmallHeap(code: string): string {
  const flags = ['--max-semi-space-size=1', '--gc-interval=50', '--input-type=module', '-e', code]
  return execFileSync(process.execPath, flags, {
    cwd: fileURLToPath(modules),
    timeout: 60_000,
    encoding: 'utf8'
  })
}

test('Curve25519 keys can be drawn and used for ever: none waits for the collector of another', () => {
  const drawn = inSmallHeap(`
    const {generateX25519Key, x25519} = await import('${new URL('x25519.js', modules).href}')
    let before = generateX25519Key()
    let agreed = 0
    for (let i = 0; i < 3_000; i++) {
      const key = generateX25519Key()
      if (i % 10 === 0 && x25519(key, before.public) !== undefined) agreed++
      before = key
    }
    console.log(agreed)
  `)
  assert.equal(drawn.trim(), '300')
})

test('RSA keys likewise', () => {
  const drawn = inSmallHeap(`
    const {generateRsa, rsaFromPem, rsaToPem} = await import('${new URL('rsa.js', modules).href}')
    let read = 0
    for (let i = 0; i < 10; i++) {
      const key = generateRsa(1024)
      for (let j = 0; j < 50; j++) if (rsaFromPem(rsaToPem(key)) !== undefined) read++
    }
    console.log(read)
  `)
  assert.equal(drawn.trim(), '500')
})
