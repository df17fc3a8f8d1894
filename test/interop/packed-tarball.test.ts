// What `npm pack` makes, as whoever installs it has it: in an empty folder, without a compiler, cmake or this checkout.

import assert from 'node:assert/strict'
import {execFile, spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {promisify} from 'node:util'
import {exampleProgram} from '../support/document-examples.ts'
import {packageRoot} from '../support/package-root.ts'

const run = promisify(execFile)
const root = packageRoot()
const scratch = mkdtempSync(join(tmpdir(), 'ramson-packed-'))
const folder = join(scratch, 'project')
const installed = join(folder, 'node_modules', 'ramson')
const platform = `${process.platform}-${process.arch}`
const prebuilt = join(installed, 'prebuilds', platform, 'ramson.node')
/** All that there is to call. `flock` or `perl` is for the lock of a DataDirectory. */
const programs = ['node', 'sh', 'flock', 'perl', 'env']
const environment = {
  PATH: join(scratch, 'bin'),
  HOME: scratch,
  ...pick(process.env, 'npm_config_registry', 'npm_config_cache', 'NODE_EXTRA_CA_CERTS')
}

let packed: readonly string[] = []
/** As the tarball has it, before anything is removed. */
let hasPrebuilt = false

after(() => rmSync(scratch, {recursive: true, force: true}))

function pick(from: NodeJS.ProcessEnv, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap(name => (from[name] === undefined ? [] : [[name, from[name]]])))
}

/** npm as a script for Node: the one that runs these tests, or else the one on the path. */
function npm(): string {
  const {npm_execpath: running} = process.env
  if (running !== undefined && /^npm(-cli)?\.c?js$/.test(basename(running))) return running
  const found = spawnSync('sh', ['-c', 'readlink -f "$(command -v npm)"'], {encoding: 'utf8'}).stdout.trim()
  assert.ok(found.endsWith('.js'), `npm is ${found}`)
  return found
}

function linkPrograms(): void {
  mkdirSync(environment.PATH)
  for (const name of programs) {
    const path =
      name === 'node'
        ? process.execPath
        : spawnSync('sh', ['-c', `command -v ${name}`], {encoding: 'utf8'}).stdout.trim()
    if (path !== '') symlinkSync(path, join(environment.PATH, name))
  }
}

/** The installed program. */
function ramson(words: readonly string[], more: Record<string, string> = {}) {
  return run(join(folder, 'node_modules', '.bin', 'ramson'), words, {
    cwd: folder,
    env: {...environment, ...more},
    timeout: 120_000
  })
}

interface PrintedEvent {
  readonly event: string
  readonly step?: number
  readonly state?: string
  readonly text?: string
}

async function networkEvents(): Promise<PrintedEvent[]> {
  const {stdout} = await ramson(['network', '--once', '--json'])
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as PrintedEvent)
}

function assertSixSteps(events: readonly PrintedEvent[]): void {
  for (let step = 0; step <= 6; step++) {
    const states = events.filter(event => event.step === step).map(({state}) => state)
    assert.equal(states.at(-1), 'done', `step ${step}: ${states.join(', ')}`)
  }
  assert.equal(events.filter(({event}) => event === 'ready').length, 1)
}

describe('the packed tarball', () => {
  before(
    async () => {
      linkPrograms()
      const words = [npm(), 'pack', '--json', '--pack-destination', scratch, '--loglevel=error']
      const {stdout} = await run(process.execPath, words, {cwd: root, timeout: 800_000, maxBuffer: 1 << 24})
      // What its scripts print comes before.
      const [made] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as {
        filename: string
        size: number
        files: {path: string}[]
      }[]
      packed = made?.files.map(({path}) => path) ?? []
      mkdirSync(folder)
      writeFileSync(join(folder, 'package.json'), '{"private": true}\n')
      const tarball = join(scratch, made?.filename ?? '')
      await run(
        process.execPath,
        [npm(), 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', tarball],
        {cwd: folder, env: {...process.env, ...environment}, timeout: 200_000}
      )
      hasPrebuilt = existsSync(prebuilt)
    },
    {timeout: 1_000_000}
  )

  it('holds the program, its types, documents and addons, and nothing that is for a checkout alone', () => {
    for (const path of [
      'dist/src/app/main.js',
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'README.md',
      'LICENSE',
      'docs/library.md',
      'docs/operating.md',
      'grafana/dashboards/overview.json'
    ]) {
      assert.ok(packed.includes(path), path)
    }
    const strays = packed.filter(path =>
      /^(dist\/)?test\/|^native\/|^scripts\/|^src\/|\.map$|\.next$/.test(path)
    )
    assert.deepEqual(strays, [])
    const addons = packed.filter(path => path.endsWith('.node'))
    if (process.env['RAMSON_REQUIRE_NATIVE'] === '1') {
      assert.deepEqual(addons, ['prebuilds/linux-arm64/ramson.node', 'prebuilds/linux-x64/ramson.node'])
    }
  })

  it('has no install script, and asks for nothing that would build it', () => {
    const {scripts, dependencies} = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
      dependencies: Record<string, string>
    }
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      assert.ok(!(name in scripts), name)
    for (const name of ['cmake-js', 'node-addon-api', 'typescript']) assert.ok(!(name in dependencies), name)
    assert.equal(existsSync(join(installed, 'binding.gyp')), false)
    assert.equal(existsSync(join(installed, 'build')), false)
  })

  it('runs a network to its six steps, on the prebuilt addon where it has one for this machine', async () => {
    const {stdout} = await ramson(['--version'])
    const events = await networkEvents()
    assertSixSteps(events)
    const notices = events.filter(({event}) => event === 'notice')
    if (hasPrebuilt) {
      assert.match(stdout, /cell cryptography: addon \(\w+\)/)
      assert.deepEqual(notices, [])
    } else assert.match(notices[0]?.text ?? '', /The native addon is not in use/)
  })

  it('runs the examples of README.md and of the library guide as they stand', {
    timeout: 120_000
  }, async () => {
    for (const [document, expected] of [
      ['README.md', /^Hello from .*\.onion\n$/],
      ['docs/library.md', /done\n$/]
    ] as const) {
      const program = join(folder, `${basename(document, '.md')}.mjs`)
      writeFileSync(program, exampleProgram(join(installed, document)))
      const {stdout} = await run(process.execPath, [program], {
        cwd: folder,
        env: environment,
        timeout: 100_000
      })
      assert.match(stdout, expected, document)
    }
  })

  it('has types that a strict TypeScript project takes', {timeout: 60_000}, async () => {
    writeFileSync(
      join(folder, 'consumer.ts'),
      `import {connectOnion, createNetwork, createOnionClient, createOnionService, createRelay, RamsonError} from 'ramson'
       import type {Network, OnionPortTarget, Relay, RamsonErrorCode} from 'ramson'
       const network: Network = await createNetwork({relays: 7, signal: AbortSignal.timeout(1000)})
       const target: OnionPortTarget = stream => void stream.pipe(stream)
       await using service = await createOnionService({network, ports: {80: target, 81: {port: 8080}}})
       const relay: Relay = await createRelay({network, torrc: 'ORPort auto'})
       const client = await createOnionClient({network})
       const stream = await connectOnion({network, address: service.address, port: 80})
       stream.end(relay.fingerprint)
       const codes: RamsonErrorCode[] = ['settings', 'onion-descriptor-not-found']
       // @ts-expect-error there is no such code
       const wrong: RamsonErrorCode = 'nonsense'
       // @ts-expect-error a service needs ports
       await createOnionService({network})
       export const told = [client, codes, wrong, new RamsonError('closed', 'x').code]
      `
    )
    const words = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable']
    const modules = [
      '--module',
      'nodenext',
      '--types',
      'node',
      '--typeRoots',
      join(root, 'node_modules', '@types')
    ]
    writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}\n')
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    try {
      await run(
        process.execPath,
        [compiler, ...words, ...modules, '--exactOptionalPropertyTypes', 'consumer.ts'],
        {
          cwd: folder
        }
      )
    } catch (error) {
      assert.fail(String((error as {stdout?: string}).stdout ?? error))
    }
  })

  it('runs on the fallback where its addon is not, and says so', {timeout: 180_000}, async () => {
    const kept = join(scratch, 'kept.node')
    if (hasPrebuilt) writeFileSync(kept, readFileSync(prebuilt))
    rmSync(join(installed, 'prebuilds'), {recursive: true, force: true})
    const reason = `this package holds none for ${process.platform} on ${process.arch}`
    const {stdout} = await ramson(['--version'])
    assert.ok(stdout.includes(`(${reason}); cell cryptography: fallback (node:crypto)`), stdout)
    const events = await networkEvents()
    assertSixSteps(events)
    const [notice] = events.filter(({event}) => event === 'notice')
    assert.ok(notice?.text?.startsWith(`The native addon is not in use (${reason})`), notice?.text)

    // The environment comes first, and what it asks for is not replaced by anything else.
    await assert.rejects(
      ramson(['--version'], {RAMSON_ADDON: join(scratch, 'nowhere.node')}),
      /there is no such file/
    )
    await assert.rejects(ramson(['--version'], {RAMSON_DATAPLANE: 'addon'}), /cannot be had/)
    if (hasPrebuilt) {
      const {stdout: forced} = await ramson(['--version'], {RAMSON_ADDON: kept})
      assert.match(forced, /cell cryptography: addon/)
    }
  })

  it('says why where the addon that came with it does not load', async () => {
    mkdirSync(join(installed, 'prebuilds', platform), {recursive: true})
    writeFileSync(prebuilt, 'not a library')
    const {stdout} = await ramson(['--version'])
    assert.match(stdout, /ramson\.node does not load: .*fallback \(node:crypto\)/)
  })
})
