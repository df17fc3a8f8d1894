// The Kubernetes example: what can be held against ramson and promtool without a cluster.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {fileURLToPath} from 'node:url'
import {packageRoot} from '../support/package-root.ts'
import {parseYaml, type Yaml} from '../support/plain-yaml.ts'
import {whyWithoutPrometheus} from '../support/prometheus.ts'

const folder = join(packageRoot(), 'docs', 'kubernetes')
const program = fileURLToPath(new URL('../../src/app/main.js', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'ramson-kubernetes-'))
after(() => rmSync(scratch, {recursive: true, force: true}))

const read = (name: string) => parseYaml(readFileSync(join(folder, name), 'utf8'))

/** What stands at a path of keys and places. */
function at(value: Yaml | undefined, ...path: readonly (string | number)[]): Yaml {
  let found: Yaml | undefined = value
  for (const step of path) {
    found = Array.isArray(found)
      ? (found as readonly Yaml[])[Number(step)]
      : typeof found === 'object'
        ? (found as {readonly [key: string]: Yaml})[step]
        : undefined
    assert.ok(found !== undefined, `nothing at ${path.join('.')}: ${step}`)
  }
  assert.ok(found !== undefined)
  return found
}

const list = (value: Yaml | undefined, ...path: readonly (string | number)[]): readonly Yaml[] => {
  const found = at(value, ...path)
  assert.ok(Array.isArray(found), path.join('.'))
  return found as readonly Yaml[]
}

describe('docs/kubernetes/relays.yaml', () => {
  const documents = read('relays.yaml')
  const kind = (name: string) => documents.find(document => at(document, 'kind') === name)
  const set = kind('StatefulSet')
  const config = kind('ConfigMap')
  const pod = () => at(set, 'spec', 'template', 'spec')
  const container = () => at(pod(), 'containers', 0)
  const torrc = () => String(at(config, 'data', 'torrc'))

  it('is a ConfigMap, a Service, a NetworkPolicy and a StatefulSet of one namespace', () => {
    assert.deepEqual(
      documents.map(document => `${at(document, 'apiVersion')} ${at(document, 'kind')}`),
      ['v1 ConfigMap', 'v1 Service', 'networking.k8s.io/v1 NetworkPolicy', 'apps/v1 StatefulSet']
    )
    for (const document of documents) assert.equal(at(document, 'metadata', 'namespace'), 'relays')
  })

  it('selects the pods that it makes', () => {
    const labels = at(set, 'spec', 'template', 'metadata', 'labels')
    assert.deepEqual(at(set, 'spec', 'selector', 'matchLabels'), labels)
    assert.deepEqual(at(kind('Service'), 'spec', 'selector'), labels)
    assert.deepEqual(at(kind('NetworkPolicy'), 'spec', 'podSelector', 'matchLabels'), labels)
    assert.equal(at(set, 'spec', 'serviceName'), at(kind('Service'), 'metadata', 'name'))
  })

  it('mounts volumes that there are, and every one of them', () => {
    const mounts = list(container(), 'volumeMounts').map(mount => at(mount, 'name'))
    const volumes = list(pod(), 'volumes').map(volume => at(volume, 'name'))
    const claims = list(set, 'spec', 'volumeClaimTemplates').map(claim => at(claim, 'metadata', 'name'))
    assert.deepEqual(mounts.toSorted(), [...volumes, ...claims].toSorted())
    assert.equal(at(pod(), 'volumes', 0, 'configMap', 'name'), at(config, 'metadata', 'name'))
  })

  it('opens the ports of its torrc, to whom the policy says', () => {
    const ports = list(container(), 'ports').map(port => at(port, 'containerPort'))
    assert.match(torrc(), new RegExp(`^ORPort ${ports[0]}$`, 'm'))
    assert.match(torrc(), new RegExp(`^MetricsPort 0\\.0\\.0\\.0:${ports[1]}$`, 'm'))
    const ingress = list(kind('NetworkPolicy'), 'spec', 'ingress')
    assert.deepEqual(
      ingress.map(rule => at(rule, 'ports', 0, 'port')),
      ports
    )
    at(ingress[1], 'from', 0, 'namespaceSelector', 'matchLabels')
  })

  it('runs as nobody in particular and may do nothing in particular', () => {
    const image = readFileSync(join(packageRoot(), 'packaging', 'docker', 'Dockerfile'), 'utf8')
    assert.equal(at(pod(), 'securityContext', 'runAsNonRoot'), true)
    assert.match(image, new RegExp(`--uid ${at(pod(), 'securityContext', 'runAsUser')} `))
    assert.match(image, /^STOPSIGNAL SIGINT$/m)
    assert.equal(at(container(), 'securityContext', 'readOnlyRootFilesystem'), true)
    assert.deepEqual(at(container(), 'securityContext', 'capabilities', 'drop'), ['ALL'])
    assert.ok(Number(at(pod(), 'terminationGracePeriodSeconds')) > 30, 'longer than ShutdownWaitLength')
  })

  it('has settings that ramson takes, with a family key that it finds', () => {
    const torrcFile = join(scratch, 'torrc')
    const family = join(scratch, 'family')
    mkdirSync(family)
    const made = spawnSync(process.execPath, [program, '--keygen-family', join(family, 'mine')], {
      encoding: 'utf8'
    })
    assert.equal(made.status, 0, made.stderr)
    const mounted = list(container(), 'volumeMounts').map(mount => String(at(mount, 'mountPath')))
    assert.ok(mounted.some(path => torrc().includes(`FamilyKeyDirectory ${path}\n`)))
    const authority = `TestingTorNetwork 1\nDirAuthority mine orport=5000 v3ident=${'A'.repeat(40)} 203.0.113.1:7000 ${'B'.repeat(40)}\n`
    writeFileSync(torrcFile, `${torrc().replace('/etc/ramson/family', family)}${authority}`)
    const variables: Record<string, string> = {HOST_IP: '203.0.113.7', POD_INDEX: '2'}
    const args = list(container(), 'args').map(word =>
      String(word)
        .replace(/\$\((\w+)\)/g, (_, name: string) => variables[name] ?? assert.fail(name))
        .replace('/etc/ramson/torrc', torrcFile)
        .replace('/var/lib/ramson', join(scratch, 'data'))
    )
    assert.deepEqual(
      list(container(), 'env').map(each => at(each, 'name')),
      Object.keys(variables)
    )
    const run = (word: string) => spawnSync(process.execPath, [program, ...args, word], {encoding: 'utf8'})
    const verified = run('--verify-config')
    assert.equal(verified.status, 0, verified.stdout + verified.stderr)
    assert.match(verified.stdout, /Configuration was valid/)
    const listed = run('--list-fingerprint')
    assert.match(listed.stdout, /^relay2 ([0-9A-F]{4} ?){10}/, listed.stderr)
  })

  it('asks whether a pod lives with commands that there are', () => {
    for (const probe of ['readinessProbe', 'livenessProbe']) {
      const [command, subcommand, ...flags] = list(container(), probe, 'exec', 'command').map(String)
      assert.equal(command, 'ramson')
      const help = spawnSync(process.execPath, [program, subcommand ?? '', '--help'], {
        encoding: 'utf8'
      }).stdout
      for (const flag of flags.filter(word => word.startsWith('-'))) assert.ok(help.includes(flag), flag)
    }
  })
})

const reason = whyWithoutPrometheus()

describe('docs/kubernetes/prometheus-federation.yml', () => {
  const [federation] = read('prometheus-federation.yml')

  it('asks for everything that the recording rules of a cluster record', () => {
    const job = at(federation, 'scrape_configs', 0)
    assert.equal(at(job, 'metrics_path'), '/federate')
    assert.equal(at(job, 'honor_labels'), true)
    const [selector] = list(job, 'params', 'match[]').map(String)
    const pattern = new RegExp(`^(?:${/__name__=~"(.*)"/.exec(selector ?? '')?.[1]})$`)
    const rules = readFileSync(join(packageRoot(), 'grafana', 'prometheus', 'rules', 'recording.yml'), 'utf8')
    const recorded = [...rules.matchAll(/record: (\S+)/g)].map(([, name = '']) => name)
    assert.ok(recorded.length > 0)
    for (const name of recorded) assert.match(name, pattern)
  })

  it('is taken by promtool', {skip: reason}, () => {
    const checked = spawnSync('promtool', ['check', 'config', join(folder, 'prometheus-federation.yml')], {
      encoding: 'utf8'
    })
    assert.equal(checked.status, 0, checked.stdout + checked.stderr)
  })
})
