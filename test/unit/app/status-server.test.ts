import assert from 'node:assert/strict'
import {request} from 'node:http'
import {after, before, test} from 'node:test'
import type {Status} from '../../../src/app/status/status.ts'
import {StatusServer} from '../../../src/app/status/status-server.ts'

const status: Status = {
  title: 'a <title> & more',
  about: 'about',
  startedAtMs: 0,
  steps: [{number: 1, title: 'step', state: 'done', ms: 5, detail: '</script><b>no markup</b>'}],
  nodes: [],
  facts: [],
  notices: []
}

let server: StatusServer

before(async () => {
  const started = await StatusServer.start(0, () => status)
  assert.ok(started.ok)
  server = started.value
})

after(() => server.close())

interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function ask(path: string, options: {method?: string; host?: string} = {}): Promise<Answer> {
  const {method = 'GET', host = `127.0.0.1:${server.port}`} = options
  return new Promise((resolve, reject) => {
    const asked = request({host: '127.0.0.1', port: server.port, path, method, headers: {host}}, response => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      response.on('end', () => resolve({code: response.statusCode ?? 0, headers: response.headers, body}))
    })
    asked.once('error', reject)
    asked.end()
  })
}

test('the page holds what it shows as text, and nothing from elsewhere may load', async () => {
  const {code, headers, body} = await ask('/')
  assert.equal(code, 200)
  assert.match(body, /<title>a &#60;title&#62; &#38; more<\/title>/)
  assert.equal(body.match(/<\/script>/g)?.length, 2, 'the data does not end its script')
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(body, /(?:src|href)=/)
  const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1]
  assert.ok(nonce !== undefined && body.includes(`<script nonce="${nonce}">`))
})

test('the data is served as JSON', async () => {
  const {code, body} = await ask('/status.json')
  assert.equal(code, 200)
  assert.deepEqual(JSON.parse(body), status)
  assert.equal((await ask('/healthz')).body, 'ok\n')
})

test('another name than that of loopback, other methods and other paths are refused', async () => {
  assert.equal((await ask('/', {host: 'rebound.example'})).code, 403)
  assert.equal((await ask('/', {method: 'POST'})).code, 405)
  assert.equal((await ask('/other')).code, 404)
})

test('a port that is taken is a fault', async () => {
  const again = await StatusServer.start(server.port, () => status)
  assert.ok(!again.ok && again.fault.code === 'status-port-taken')
})
