import {deepEqual, equal, ok, rejects} from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {request} from 'node:http'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {type MetricsAddress, type MetricsPortDeps, MetricsPorts} from '../../../src/metrics/metrics-port.ts'

const opened: MetricsPorts[] = []
after(() => Promise.all(opened.map(ports => ports.close())))

const LOOPBACK = {host: '127.0.0.1', port: 0}

async function open(deps: Partial<MetricsPortDeps> = {}, addresses: readonly MetricsAddress[] = [LOOPBACK]) {
  const ports = await MetricsPorts.listen(addresses, {
    contentType: 'text/plain; version=0.0.4',
    metrics: () => Promise.resolve('ramson_x 1\n'),
    ready: () => ({missing: []}),
    inConsensus: () => true,
    accepts: () => true,
    failed: () => {},
    ...deps
  })
  ok(ports.ok)
  opened.push(ports.value)
  return ports.value
}

function urlOf(ports: MetricsPorts): string {
  const [bound] = ports.bound
  if (bound === undefined || typeof bound === 'string') throw new Error('no TCP port')
  return `http://127.0.0.1:${bound.port}`
}

async function get(url: string): Promise<[status: number, body: string]> {
  const response = await fetch(url)
  return [response.status, await response.text()]
}

describe('MetricsPort', () => {
  it('answers GET /metrics, one request a connection', async () => {
    const response = await fetch(`${urlOf(await open())}/metrics`)
    equal(response.status, 200)
    equal(response.headers.get('content-type'), 'text/plain; version=0.0.4')
    equal(response.headers.get('connection'), 'close')
    equal(await response.text(), 'ramson_x 1\n')
  })

  it('answers an HTTP/1.0 client', async () => {
    const port = Number(new URL(urlOf(await open())).port)
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /metrics HTTP/1.0\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    ok(text.endsWith('\r\n\r\nramson_x 1\n'), text)
  })

  it('closes the connection of whom the policy rejects, without a word', async () => {
    let asked = 0
    const ports = await open({
      accepts: address => {
        asked++
        deepEqual([...address], [127, 0, 0, 1])
        return false
      }
    })
    await rejects(fetch(`${urlOf(ports)}/metrics`))
    equal(asked, 1)
    equal(ports.connections.rejected, 1)
    equal(ports.connections.created, 0)
  })

  it('answers other methods with 405 and other paths with 404', async () => {
    const url = urlOf(await open())
    equal((await fetch(`${url}/metrics`, {method: 'POST'})).status, 405)
    equal((await get(`${url}/`))[0], 404)
    equal((await get(`${url}/metrics/`))[0], 404)
  })

  it('tells life, readiness and the consensus as three separate signals', async () => {
    const missing = ['no consensus yet']
    const url = urlOf(await open({ready: () => ({missing}), inConsensus: () => false}))
    deepEqual(await get(`${url}/healthz`), [200, 'ok\n'])
    deepEqual(await get(`${url}/readyz`), [503, 'no consensus yet\n'])
    deepEqual(await get(`${url}/in-consensus`), [503, 'not listed\n'])
    missing.pop()
    deepEqual(await get(`${url}/readyz`), [200, 'ready\n'])
    deepEqual(await get(`${url}/in-consensus`), [503, 'not listed\n'])
  })

  it('has no consensus to tell of where there is no relay', async () => {
    equal((await get(`${urlOf(await open({inConsensus: () => undefined}))}/in-consensus`))[0], 404)
  })

  it('answers 500 and tells us where the metrics cannot be read', async () => {
    const failures: unknown[] = []
    const failing = {
      metrics: () => Promise.reject(new Error('broken')),
      failed: (error: unknown) => failures.push(error)
    }
    equal((await get(`${urlOf(await open(failing))}/metrics`))[0], 500)
    equal(failures.length, 1)
  })

  it('listens on a Unix socket, where the folder says who may connect', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ramson-metrics-'))
    const path = join(folder, 'metrics')
    const ports = await open({accepts: () => false}, [{path}])
    deepEqual(ports.bound, [path])
    const status = await new Promise(resolve => {
      request({socketPath: path, path: '/healthz'}, response => {
        response.resume()
        resolve(response.statusCode)
      }).end()
    })
    equal(status, 200)
    await ports.close()
    rmSync(folder, {recursive: true})
  })

  it('is a fault of the start where a port is taken, and leaves none open', async () => {
    const taken = await open()
    const [bound] = taken.bound
    ok(typeof bound === 'object')
    const second = await MetricsPorts.listen([LOOPBACK, {host: '127.0.0.1', port: bound.port}], {
      contentType: '',
      metrics: () => Promise.resolve(''),
      ready: () => ({missing: []}),
      inConsensus: () => true,
      accepts: () => true,
      failed: () => {}
    })
    equal(second.ok, false)
  })
})
