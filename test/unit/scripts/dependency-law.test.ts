// The check of the dependency law itself: it sees every form of import, and says no where the law says no. The scripts are
// plain JavaScript outside the compiled tree, so they are loaded by path.

import assert from 'node:assert/strict'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {pathToFileURL} from 'node:url'
import {packageRoot} from '../../support/package-root.ts'

interface Check {
  importsOf(text: string): readonly {readonly specifier: string; readonly line: number}[]
  breachOf(path: string, specifier: string): string | undefined
  breachesOfFile(path: string, text: string): readonly string[]
}

const script = join(packageRoot(), 'scripts', 'check-dependencies.mjs')
const {importsOf, breachOf, breachesOfFile} = (await import(pathToFileURL(script).href)) as Check

describe('imports are found', () => {
  const forms: readonly [name: string, text: string][] = [
    ['a default import', "import thing from 'x'"],
    ['named imports', "import {a, type B as C} from 'x'"],
    ['named imports over several lines', "import {\n  a,\n  b\n} from 'x'"],
    ['a namespace import', "import * as all from 'x'"],
    ['a type-only import', "import type {A} from 'x'"],
    ['an import for its effect', "import 'x'"],
    ['a dynamic import', "const a = await import('x')"],
    ['a re-export of names', "export {a, b} from 'x'"],
    ['a re-export of types', "export type {A} from 'x'"],
    ['a re-export of everything', "export * as all from 'x'"]
  ]
  for (const [name, text] of forms) {
    test(name, () => {
      assert.deepEqual(
        importsOf(text).map(({specifier}) => specifier),
        ['x']
      )
    })
  }

  test('with the line of what is imported', () => {
    assert.deepEqual(importsOf("// first\nimport {\n  a\n} from 'x'\nimport 'y'\n"), [
      {specifier: 'x', line: 4},
      {specifier: 'y', line: 5}
    ])
  })

  test('and prose or code that only looks like one is not', () => {
    assert.deepEqual(
      importsOf("// taken from 'x'\nexport function from(text: string) {\n  return 'x'\n}\n"),
      []
    )
  })
})

describe('imports point down only', () => {
  const allowed: readonly [string, string][] = [
    ['channel/responder.ts', './circ-id.ts'],
    ['channel/responder.ts', '../wire/certs.ts'],
    ['crypto/ntor.ts', 'node:crypto'],
    ['crypto/binding.ts', 'node:module'],
    ['roles/relay/publish.ts', './descriptor.ts'],
    ['roles/relay/publish.ts', '../role.ts'],
    ['dataplane/plain/links.ts', '../contract.ts'],
    ['roles/client/socks.ts', 'node:net'],
    ['app/main.ts', '../roles/relay/relay.ts'],
    ['app/cli.ts', 'commander']
  ]
  for (const [path, specifier] of allowed) {
    test(`${path} may import ${specifier}`, () => assert.equal(breachOf(path, specifier), undefined))
  }

  const refused: readonly [string, string, RegExp][] = [
    ['wire/certs.ts', '../channel/certs-cell.ts', /^wire may not import channel$/],
    ['channel/responder.ts', '../circuit/create.ts', /^channel may not import circuit$/],
    ['circuit/create.ts', '../pool/onion-skins.ts', /^circuit may not import pool$/],
    ['circuit/create.ts', '../metrics/catalog.ts', /^circuit may not import metrics$/],
    ['roles/client/fetch.ts', '../relay/serve.ts', /^roles\/client may not import roles\/relay$/],
    ['dataplane/shard/shard.ts', '../plain/links.ts', /^dataplane\/shard may not import dataplane\/plain$/],
    ['channel/responder.ts', 'node:tls', /^channel may not import the package 'node:tls'$/],
    ['roles/relay/serve.ts', 'node:net', /^roles may not import the package 'node:net'$/],
    ['control/port.ts', 'prom-client', /^control may not import the package 'prom-client'$/],
    ['circuit/create.ts', 'piscina', /^circuit may not import the package 'piscina'$/],
    ['crypto/ntor.ts', 'node:module', /^crypto may not import the package 'node:module'$/],
    ['crypto/digest.ts', 'crypto', /^write 'node:crypto'$/],
    ['app/main.ts', '../../test/support/daemon.ts', /lies outside it$/],
    ['helpers/strings.ts', '../bytes/octets.ts', /has no place in the layers/]
  ]
  for (const [path, specifier, rule] of refused) {
    test(`${path} may not import ${specifier}`, () => assert.match(breachOf(path, specifier) ?? '', rule))
  }

  test('the addon is loaded in one file only', () => {
    const text = "const addon = load('build/Release/ramson.node')\n"
    assert.deepEqual(breachesOfFile('crypto/binding.ts', text), [])
    assert.match(
      breachesOfFile('crypto/digest.ts', text).join(),
      /^src\/crypto\/digest\.ts:1: only crypto\/binding/
    )
  })
})
