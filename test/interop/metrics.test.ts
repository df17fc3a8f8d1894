// A relay of ramson under load in a network of C tor, which hosts an onion service and visits it besides relaying, scraped by
// Debian's Prometheus: every expression of every dashboard has to return data, and nothing that is shown may tell of
// anybody. Prometheus's own tool judges our names.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {Daemon} from '../support/daemon.ts'
import {parseExposition} from '../support/exposition.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {packageRoot, readVectors} from '../support/package-root.ts'
import {Prometheus, whyWithoutPrometheus} from '../support/prometheus.ts'
import {socksConnect} from '../support/socks-client.ts'
import {programFile, subjectImplementation} from '../support/subject.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import {download, expectedDigest, TransferServer, upload} from '../support/transfer-server.ts'
import {delay, waitUntil} from '../support/wait-until.ts'

const PORT = 80
const DOWN_OCTETS = 5_000_000
const UP_OCTETS = 1_000_000
const TRANSFER_TIMEOUT_MS = 120_000
const REACHED_MS = 150_000
/** So that every rate has several scrapes to be of. */
const RATE_INTERVAL = '30s'

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly {readonly expr: string}[]
  }[]
}

const without =
  whyWithoutTor() ||
  whyWithoutPrometheus() ||
  (subjectImplementation === 'tor' ? 'C tor is the subject' : false)

describe('metrics of a relay under load', {skip: without}, () => {
  let network: TorNetwork
  let server: TransferServer
  let visitor: Daemon
  let prometheus: Prometheus
  let serviceDirectory = ''
  const ports = {relay: 0, visitor: 0}

  before(async () => {
    server = await TransferServer.listen()
    ports.relay = await freePort()
    ports.visitor = await freePort()
    const socksPort = await freePort()
    network = await startTorNetwork({
      authorities: 3,
      relays: 3,
      exits: 0,
      votingIntervalSeconds: 20,
      subject: {torrc: [...metricsLines(ports.relay), 'HeartbeatPeriod 5 seconds']}
    })
    serviceDirectory = join(network.directory, 'onion')
    const folder = join(network.directory, 'visitor')
    mkdirSync(folder, {mode: 0o700})
    const torrc = [
      ...network.commonTorrc.filter(line => !/^(?:AssumeReachable|Address) /.test(line)),
      `DataDirectory ${join(folder, 'data')}`,
      `Log info file ${join(folder, 'log')}`,
      `SocksPort 127.0.0.1:${socksPort}`,
      `HiddenServiceDir ${serviceDirectory}`,
      `HiddenServicePort ${PORT} 127.0.0.1:${server.port}`,
      ...metricsLines(ports.visitor)
    ]
    writeFileSync(join(folder, 'torrc'), `${torrc.join('\n')}\n`)
    visitor = new Daemon({
      name: 'visitor (ramson)',
      command: process.execPath,
      args: [programFile, '-f', join(folder, 'torrc')],
      logFile: join(folder, 'log')
    })
    prometheus = await Prometheus.start(join(network.directory, 'prometheus'), Object.values(ports))
    const reach = () =>
      waitUntil('the service to be reached', {timeoutMs: REACHED_MS, everyMs: 1000}, () =>
        socksConnect({socksPort, host: onionAddress(), port: PORT, timeoutMs: 40_000})
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${visitor.interestingLines()}\n${network.explain()}`)
      })
    const down = await download(await reach(), DOWN_OCTETS, 'down', TRANSFER_TIMEOUT_MS)
    assert.equal(down.digest, expectedDigest('down', DOWN_OCTETS))
    await upload(await reach(), UP_OCTETS, 'up', TRANSFER_TIMEOUT_MS)
    // The recording rules are of what was scraped before.
    await delay(5_000)
  })

  after(async () => {
    await prometheus?.stop()
    await visitor?.stop()
    server?.close()
    await network?.stop()
  })

  function onionAddress(): string {
    return readFileSync(join(serviceDirectory, 'hostname'), 'latin1').trim()
  }

  async function page(port: number): Promise<string> {
    return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  }

  for (const file of readdirSync(join(packageRoot(), 'grafana', 'dashboards'))) {
    it(`every expression of the dashboard ${file} returns data`, async () => {
      const text = readFileSync(join(packageRoot(), 'grafana', 'dashboards', file), 'utf8')
      const {panels} = JSON.parse(text) as Dashboard
      const empty: string[] = []
      for (const {title, targets = []} of panels) {
        for (const {expr} of targets) {
          const asked = expr
            .replaceAll('$__rate_interval', RATE_INTERVAL)
            .replaceAll(/\$(job|instance)/g, '.+')
          if ((await prometheus.query(asked)).length === 0) empty.push(`${title}: ${asked}`)
        }
      }
      assert.deepEqual(empty, [])
    })
  }

  it('the load shows', async () => {
    for (const expression of [
      'ramson_cells_total{direction="received"} > 100',
      'ramson_link_reads_total > 0',
      'ramson_shard_busy_seconds_total > 0',
      'ramson_outbox_wait_seconds_count > 0',
      'ramson_shard_ring_messages_count > 0',
      'ramson_cap_limit{cap="links_in_handshake"} > 0',
      'tor_relay_traffic_bytes{direction="written"} > 10000',
      'tor_relay_load_onionskins_total{action="processed"} > 0',
      'ramson_onion_skin_wait_seconds_count > 0',
      'ramson_directory_requests_total{outcome="served"} > 0',
      'tor_relay_flag{type="Running"} == 1',
      'ramson_in_consensus == 1',
      'tor_hs_intro_established_count{onion="onion"} > 0',
      `tor_hs_app_read_bytes_total{onion="onion",port="${PORT}"} >= ${DOWN_OCTETS}`,
      `tor_hs_app_write_bytes_total{onion="onion",port="${PORT}"} >= ${UP_OCTETS}`,
      'tor_hs_rdv_num_total > 0',
      'ramson_client_steps_total{step="meeting",outcome="done"} > 0',
      'ramson_client_step_seconds_sum{step="descriptor"} > 0',
      ...['introduction_point', 'descriptor', 'introduction', 'rendezvous'].map(
        step => `ramson_service_step_seconds_count{step="${step}"} > 0`
      ),
      'ramson_service_descriptor_uploads_total{outcome="accepted"} > 0'
    ]) {
      assert.notEqual((await prometheus.query(expression)).length, 0, expression)
    }
  })

  it('every rule can be evaluated', async () => {
    assert.deepEqual(await prometheus.rulesInTrouble(), [])
  })

  it('the relay tells every series of a C tor relay, name by name and label by label', async () => {
    const {metrics} = readVectors<{
      readonly metrics: Readonly<Record<string, {readonly type: string; readonly series: readonly string[]}>>
    }>('metrics_reference.json')
    const told = parseExposition(await page(ports.relay))
    for (const [name, {type, series}] of Object.entries(metrics)) {
      assert.equal(told.get(name)?.type, type, name)
      assert.deepEqual([...(told.get(name)?.series.keys() ?? [])].sort(), [...series].sort(), name)
    }
  })

  it('promtool has no complaint about our own names', async () => {
    for (const port of Object.values(ports)) {
      const {stdout, stderr} = spawnSync('promtool', ['check', 'metrics'], {input: await page(port)})
      const lines = `${stdout}${stderr}`.split('\n').filter(line => line !== '' && !line.startsWith('tor_'))
      assert.deepEqual(lines, [])
    }
  })

  it('tells life, readiness and the consensus apart', async () => {
    const status = async (port: number, path: string) =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).status
    assert.equal(await status(ports.relay, '/healthz'), 200)
    assert.equal(await status(ports.relay, '/readyz'), 200)
    assert.equal(await status(ports.relay, '/in-consensus'), 200)
    assert.equal(await status(ports.visitor, '/readyz'), 200)
    assert.equal(await status(ports.visitor, '/in-consensus'), 404)
  })

  it('a heartbeat and the statistics of SIGUSR1 come into the log', async () => {
    const {daemon} = network.subject
    assert.match(daemon.log(), /\[notice\] Heartbeat: up for .* circuits open/)
    assert.match(daemon.log(), /\[notice\] Circuit handshake stats since last time: 0\/0 TAP, \d+\/\d+ NTor/)
    daemon.signal('SIGUSR1')
    await waitUntil('the statistics', {timeoutMs: 10_000}, () =>
      /\[notice\] Cells: \d+ received, \d+ sent/.test(daemon.log())
    )
    visitor.signal('SIGUSR1')
    await waitUntil('the statistics of the visitor', {timeoutMs: 10_000}, () =>
      /introduced to [1-9]\d* clients/.test(visitor.log())
    )
  })

  it('shows no address, fingerprint or onion address', async () => {
    const onion = onionAddress().replace('.onion', '')
    for (const port of Object.values(ports)) {
      const text = await page(port)
      assert.ok(!text.includes(onion))
      assert.doesNotMatch(text, /[0-9A-Fa-f]{40}/)
      assert.doesNotMatch(text, /[a-z2-7]{56}/)
      assert.doesNotMatch(text, /127\.0\.0\.1|::1/)
    }
    assert.ok(!network.subject.daemon.log().includes(onion))
    assert.ok(!visitor.log().includes(onion))
  })
})

function metricsLines(port: number): string[] {
  return [`MetricsPort 127.0.0.1:${port}`, 'MetricsPortPolicy accept 127.0.0.1']
}
