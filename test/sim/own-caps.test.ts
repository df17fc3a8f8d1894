// A node that is a client and a service, and what its metrics say of the bounds of both: each is filled a little.

import assert from 'node:assert/strict'
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {ControlClient} from '../support/control-client.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {programFile} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

const SOON = {timeoutMs: 60_000, everyMs: 100}

describe('the bounds of a client and its services', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-caps-'))
  const path = (name: string) => join(folder, name)
  const visitors: Socket[] = []
  let ports = {socks: 0, metrics: 0, dead: 0}
  let daemon: Daemon
  let control: ControlClient

  before(async () => {
    ports = {socks: await freePort(), metrics: await freePort(), dead: await freePort()}
    writeFileSync(
      path('torrc'),
      [
        'TestingTorNetwork 1',
        `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:${ports.dead} ${'B'.repeat(40)}`,
        `DataDirectory ${path('data')}`,
        `SocksPort 127.0.0.1:${ports.socks}`,
        `ControlSocket ${path('control')}`,
        'CookieAuthentication 1',
        `CookieAuthFile ${path('cookie')}`,
        `MetricsPort 127.0.0.1:${ports.metrics}`,
        'MetricsPortPolicy accept 127.0.0.1',
        `HiddenServiceDir ${path('service')}`,
        'HiddenServicePort 80',
        ''
      ].join('\n')
    )
    daemon = new Daemon({
      name: 'node',
      command: process.execPath,
      args: [programFile, '-f', path('torrc')],
      logFile: path('log')
    })
    await waitUntil('the control port', SOON, () => {
      if (daemon.end !== undefined) throw new Error(daemon.interestingLines())
      return existsSync(path('control')) && existsSync(path('cookie'))
    })
    control = await ControlClient.connect(path('control'), path('cookie'))
  })

  after(async () => {
    for (const visitor of visitors) visitor.destroy()
    control?.close()
    await daemon?.stop()
    rmSync(folder, {recursive: true})
  })

  /** Used and limit, by cap; those that do not exist here are left out. */
  async function caps(): Promise<Readonly<Record<string, readonly [number, number]>>> {
    const text = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text()
    const values = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}\\{cap="(\\w+)"\\} (\\S+)$`, 'gm'))].map(
        ([, cap = '', value]) => [cap, Number(value)] as const
      )
    const limits = new Map(values('ramson_cap_limit'))
    return Object.fromEntries(
      values('ramson_cap_used')
        .map(([cap, used]) => [cap, [used, limits.get(cap) ?? 0]] as const)
        .filter(([, [, limit]]) => limit > 0)
    )
  }

  it('are told with how full they are', async () => {
    const empty = {
      client_circuits: [0, 512],
      socks_connections: [0, 1024],
      client_auth_keys: [0, 4096],
      service_rendezvous: [0, 256],
      added_services: [0, 1000],
      control_connections: [1, 64],
      controller_circuits: [0, 256],
      controller_uploads: [0, 64]
    }
    assert.deepEqual(await caps(), empty)
    const added = await control.command('ADD_ONION NEW:ED25519-V3 Flags=DiscardPK Port=80')
    const [, address = ''] = /ServiceID=(\w{56})/.exec(added.lines.join('\n')) ?? []
    await control.command(`ONION_CLIENT_AUTH_ADD ${address} x25519:${Buffer.alloc(32, 7).toString('base64')}`)
    for (let i = 0; i < 3; i++) visitors.push(connect(ports.socks, '127.0.0.1'))
    const fuller = {
      ...empty,
      socks_connections: [3, 1024],
      client_auth_keys: [1, 4096],
      added_services: [1, 1000]
    }
    await waitUntil('the connections to be counted', SOON, async () => {
      return (await caps())['socks_connections']?.[0] === visitors.length
    })
    assert.deepEqual(await caps(), fuller)

    await control.command(`DEL_ONION ${address}`)
    await control.command(`ONION_CLIENT_AUTH_REMOVE ${address}`)
    for (const visitor of visitors) visitor.destroy()
    await waitUntil('the connections to be gone', SOON, async () => {
      return (await caps())['socks_connections']?.[0] === 0
    })
    assert.deepEqual(await caps(), empty)
  })
})
