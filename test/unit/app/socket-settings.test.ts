// Where connections to the targets of onion services come from.

import assert from 'node:assert/strict'
import {once} from 'node:events'
import {createServer, type Socket} from 'node:net'
import {test} from 'node:test'
import {SocketSettings} from '../../../src/app/socket-settings.ts'

/** Of addresses for documentation: none of them is ours, so no connection from one can begin, nor one to the other come about. */
const FROM = '192.0.2.9'
const FAR = {kind: 'tcp', host: '192.0.2.1', port: 9} as const

const settings = new SocketSettings(() => ({
  constrainedSocketOctets: undefined,
  targetAddresses: {ipv4: FROM, ipv6: '2001:db8::9'}
}))

async function faultOf(socket: Socket): Promise<string> {
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  return `${error.syscall} ${error.code}`
}

test('OutboundBindAddressExit: connections to the targets of onion services come from there, family by family', async () => {
  assert.equal(await faultOf(settings.connectTarget(FAR)), 'bind EADDRNOTAVAIL')
  const six = await faultOf(settings.connectTarget({...FAR, host: '2001:db8::1'}))
  // Where there is no IPv6 there is no socket of it.
  assert.match(six, /^bind (?:EADDRNOTAVAIL|EAFNOSUPPORT|EINVAL)$/)
})

test('OutboundBindAddressExit: a target on this machine is reached from wherever the system likes', async () => {
  const server = createServer(socket => socket.destroy())
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const {port} = server.address() as {port: number}
  const socket = settings.connectTarget({kind: 'tcp', host: '127.0.0.1', port})
  await once(socket, 'connect')
  assert.equal(socket.localAddress, '127.0.0.1')
  socket.destroy()
  server.close()
})
