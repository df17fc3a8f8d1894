// Each command as C tor answers it, on the port itself. The statuses are those that C tor 0.4.9.11 was seen to give.

import assert from 'node:assert/strict'
import {after, before, describe, it} from 'node:test'
import {parseOnionPort} from '../../../src/control/commands/onion-arguments.ts'
import {commands} from '../../../src/control/commands/table.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {printOnionAddress} from '../../../src/crypto/hs/onion-address.ts'
import {type OpenedControl, openControl, type RawController} from '../../support/controlled-node.ts'

const KEY64 = Buffer.alloc(64, 5).toString('base64')
const X25519 = Buffer.alloc(32, 9).toString('base64')
const CLIENT = 'a'.repeat(52)

describe('commands', () => {
  let control: OpenedControl
  let controller: RawController
  let onion = ''

  before(async () => {
    await ed25519Ready
    onion = printOnionAddress(generateEd25519().public).replace('.onion', '')
    control = await openControl()
    controller = await control.open()
  })
  after(() => control.close())

  /** Line, reply, and what the node was asked to do, if anything. */
  const table: readonly (readonly [string, string | RegExp, string?])[] = [
    ['getinfo version', '250-version=0.4.9.11 (ramson-0.1.0)\n250 OK'],
    ['GETINFO', '250 OK'],
    ['GETINFO traffic/read traffic/written', '250-traffic/read=10\n250-traffic/written=20\n250 OK'],
    ['GETINFO nope version nada', '552-Unrecognized key "nope"\n552 Unrecognized key "nada"'],
    ['GETINFO fingerprint', '551 Not running in server mode'],
    ['GETINFO address', '551 Address unknown'],
    ['GETINFO exit-policy/full', '552 Not running in server mode'],
    ['GETINFO bw-event-cache', '250-bw-event-cache=1,2 3,4\n250 OK'],
    ['GETINFO net/listeners/socks', '250-net/listeners/socks="127.0.0.1:9050" "unix:/run/socks"\n250 OK'],
    ['GETINFO net/listeners/nope', '552 Unrecognized key "net/listeners/nope"'],
    ['GETINFO config/names', '250+config/names=\nNickname String\n.\n250 OK'],
    ['GETINFO config/defaults', '250+config/defaults=\nNickname "Un\\"named"\n.\n250 OK'],
    ['GETINFO entry-guards', `250+entry-guards=\n$${'A'.repeat(40)}~a up\n.\n250 OK`],
    [
      'GETINFO status/bootstrap-phase',
      '250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"\n250 OK'
    ],
    ['GETINFO status/reachability-succeeded/or', '250-status/reachability-succeeded/or=1\n250 OK'],
    [
      'GETINFO circuit-status',
      `250-circuit-status=3 BUILT $${'A'.repeat(40)}~a,$${'B'.repeat(40)} BUILD_FLAGS=IS_INTERNAL,NEED_CAPACITY ` +
        'PURPOSE=GENERAL TIME_CREATED=2026-11-22T17:00:00.000000\n250 OK'
    ],
    ['GETINFO stream-status', '250-stream-status=7 NEW 0 x.onion:80\n250 OK'],
    ['GETINFO ns/all', '250-ns/all=\n250 OK'],
    ['GETINFO ns/id/xyz', '552 Unrecognized key "ns/id/xyz"'],
    [`GETINFO md/id/${'0'.repeat(40)}`, `552 Unrecognized key "md/id/${'0'.repeat(40)}"`],
    [`GETINFO desc/id/${'0'.repeat(40)}`, /^552 We fetch microdescriptors/],
    ['GETINFO dir/status-vote/current/consensus', /^551 Could not open cached consensus/],
    ['GETINFO ip-to-country/1.2.3.4', '250-ip-to-country/1.2.3.4=??\n250 OK'],
    ['GETINFO ip-to-country/ipv4-available', '250-ip-to-country/ipv4-available=0\n250 OK'],
    ['GETINFO ip-to-country/nowhere', '551 Invalid address family'],
    ['GETINFO hs/client/desc/id/abc', '551 Invalid address'],
    [
      'GETINFO signal/names',
      /^250-signal\/names=RELOAD HUP SHUTDOWN DUMP USR1 DEBUG USR2 HALT TERM INT NEWNYM /
    ],
    ['GETINFO accounting/enabled', '250-accounting/enabled=0\n250 OK'],
    ['GETINFO info/names', /\nversion -- .*\n/],

    ['GETCONF', '250 OK'],
    ['GETCONF nickname ContactInfo', '250-Nickname=foo\n250 ContactInfo'],
    ['GETCONF Log', '250-Log=notice stdout\n250 Log=info file /x'],
    ['GETCONF HiddenServiceOptions', '250-HiddenServiceDir=/a\n250 HiddenServicePort=80'],
    [
      'GETCONF Nope Nada',
      '552-Unrecognized configuration key "Nope"\n552 Unrecognized configuration key "Nada"'
    ],
    [
      'SETCONF Nickname=bar ContactInfo="a b" Log',
      '250 OK',
      'set Nickname=bar ContactInfo=a b Log=undefined'
    ],
    ['SETCONF Foo=1', "552 Unrecognized option: Unknown option 'Foo'."],
    ['SETCONF "a b"', '512 Bad arguments to SETCONF: Cannot parse keyword argument(s)'],
    ['RESETCONF Nickname', '250 OK', 'reset Nickname=undefined'],
    ['+LOADCONF\r\nNickname a\r\n.', '250 OK', 'load "Nickname a\\n"'],
    ['SAVECONF', '250 OK'],

    ['SIGNAL', '512 Bad arguments to SIGNAL: Need at least 1 argument(s)'],
    ['SIGNAL FOO', '552 Unrecognized signal code "FOO"'],
    ['USEFEATURE verbose_names EXTENDED_EVENTS', '250 OK'],
    ['USEFEATURE FOO', '552 Unrecognized feature "FOO"'],
    ['PROTOCOLINFO 1 x', '513 No such version "x"'],

    ['EXTENDCIRCUIT 0', '250 EXTENDED 9', 'launch  GENERAL'],
    ['EXTENDCIRCUIT 0 purpose=controller', '250 EXTENDED 9', 'launch  CONTROLLER'],
    ['EXTENDCIRCUIT 0 a,$AA=b purpose=general', '250 EXTENDED 9', 'launch a+$AA=b GENERAL'],
    ['EXTENDCIRCUIT 0 nobody', '552 No such router "nobody"'],
    ['EXTENDCIRCUIT 0 ,', '512 No router names provided'],
    ['EXTENDCIRCUIT 0 a purpose=x', '552 Unknown purpose "x"'],
    ['EXTENDCIRCUIT 3 a', '250 EXTENDED 3', 'extend 3 a'],
    ['EXTENDCIRCUIT 3', '512 syntax error: path required.'],
    ['EXTENDCIRCUIT 4 a', '552 Unknown circuit "4"'],
    ['CLOSECIRCUIT 3 IfUnused', '250 OK', 'close 3'],
    ['CLOSECIRCUIT x', '552 Unknown circuit "x"'],
    ['CLOSECIRCUIT', '512 Bad arguments to CLOSECIRCUIT: Need at least 1 argument(s)'],
    ['SETCIRCUITPURPOSE 3 purpose=controller', '250 OK', 'purpose 3 CONTROLLER'],
    ['SETCIRCUITPURPOSE 3', '552 No purpose given'],

    ['ATTACHSTREAM 7 0', '250 OK', 'attach 7 0'],
    ['ATTACHSTREAM 7 3', '551 Unable to attach stream', 'attach 7 3'],
    ['ATTACHSTREAM 8 0', '552 Unknown stream "8"'],
    ['ATTACHSTREAM 7 8', '552 Unknown circuit "8"'],
    ['ATTACHSTREAM 7 0 HOP=x', '552 Bad value hop=x'],
    ['REDIRECTSTREAM 7 y.onion 81', '555 Connection is not managed by controller.', 'redirect 7 y.onion 81'],
    ['REDIRECTSTREAM 7 y.onion 0', '512 Cannot parse port "0"'],
    ['CLOSESTREAM 7 1', '250 OK', 'close stream 7'],
    ['CLOSESTREAM 7 x', '552 Unrecognized reason "x"'],

    ['ADD_ONION NEW:BEST', "512 Missing 'Port' argument"],
    ['ADD_ONION NEW:RSA1024 Port=80', '513 Invalid key type'],
    ['ADD_ONION RSA1024:x Port=80', '513 Invalid key type'],
    ['ADD_ONION NEW Port=80', '512 Invalid key type/blob'],
    ['ADD_ONION ED25519-V3:foo Port=80', '512 Failed to decode ED25519-V3 key'],
    ['ADD_ONION NEW:BEST Flags=Foo Port=80', '512 Invalid \'Flags\' argument: "Foo"'],
    ['ADD_ONION NEW:BEST Flags=V3Auth Port=80', '512 No auth clients specified'],
    [`ADD_ONION NEW:BEST ClientAuthV3=${CLIENT} Port=80`, '512 No auth type specified'],
    ['ADD_ONION NEW:BEST ClientAuthV3=x Flags=V3Auth Port=80', '512 Cannot decode v3 client auth key'],
    ['ADD_ONION NEW:BEST Flags=NonAnonymous Port=80', '512 Tor is in anonymous hidden service mode'],
    ['ADD_ONION NEW:BEST Port=99999', '512 Invalid VIRTPORT/TARGET'],
    ['ADD_ONION NEW:BEST Port=80 MaxStreams=70000', '512 Invalid MaxStreams'],
    ['ADD_ONION NEW:BEST Port=80 PoWDefensesEnabled=1', /^551 /],
    ['ADD_ONION NEW:BEST Port=80 Foo=1', /^512 Bad arguments to ADD_ONION/],
    ['DEL_ONION foo', '512 Malformed Onion Service id'],
    ['DEL_ONION @onion', '552 Unknown Onion Service id'],
    ['ONION_CLIENT_AUTH_ADD @onion', '512 Incomplete ONION_CLIENT_AUTH_ADD command'],
    ['ONION_CLIENT_AUTH_ADD foo x25519:aaa', '512 Invalid v3 address "foo"'],
    ['ONION_CLIENT_AUTH_ADD @onion rsa:aaa', '552 Unrecognized key type "rsa"'],
    ['ONION_CLIENT_AUTH_ADD @onion x25519', '512 Invalid key type/blob'],
    ['ONION_CLIENT_AUTH_ADD @onion x25519:aaa', '512 Failed to decode x25519 private key'],
    [
      `ONION_CLIENT_AUTH_ADD @onion x25519:${Buffer.alloc(32).toString('base64')}`,
      /^553 Invalid private key/
    ],
    [
      `ONION_CLIENT_AUTH_ADD @onion x25519:${X25519} ClientName=bob`,
      '251 Client for onion existed and replaced',
      'auth bob false'
    ],
    [
      `ONION_CLIENT_AUTH_ADD @onion x25519:${X25519} Flags=Permanent`,
      /^553 Unable to store creds/,
      'auth undefined true'
    ],
    [`ONION_CLIENT_AUTH_ADD @onion x25519:${X25519} Flags=X`, '512 Invalid \'Flags\' argument: "X"'],
    ['ONION_CLIENT_AUTH_REMOVE @onion', /^251 No credentials for /],
    ['ONION_CLIENT_AUTH_REMOVE', '512 Incomplete ONION_CLIENT_AUTH_REMOVE command'],
    ['ONION_CLIENT_AUTH_VIEW', '250-ONION_CLIENT_AUTH_VIEW\n250 OK'],
    ['HSFETCH foo', '513 Invalid argument "foo"'],
    ['HSFETCH @onion SERVER=a SERVER=b', '250 OK', 'fetch a+b'],
    ['+HSPOST SERVER=a HSADDRESS=@onion\r\nhs-descriptor 3\r\n.', '250 OK', 'publish 16 a 32'],
    ['+HSPOST HSADDRESS=foo\r\nx\r\n.', '512 Malformed onion address'],
    ['+HSPOST\r\nx\r\n.', '554 Invalid descriptor', 'publish 2  undefined'],
    ['HSPOST x', '510 Unrecognized command "HSPOST"'],

    ['DROPGUARDS', '250 OK', 'drop guards'],
    ['DROPGUARDS x', '512 Bad arguments to DROPGUARDS: Cannot accept more than 0 argument(s)'],
    ['DROPTIMEOUTS', '250 OK'],
    ['MAPADDRESS', '512 syntax error: not enough arguments to mapaddress.'],
    ['MAPADDRESS a=b.onion', '250 a=b.onion', 'map a b.onion'],
    ['MAPADDRESS *.a=*.b.onion', '250 *.a=*.b.onion', 'map *.a *.b.onion'],
    ['MAPADDRESS .=b.onion', '250 name.virtual=b.onion', 'virtual name b.onion'],
    ['MAPADDRESS 0.0.0.0=b.onion', '250 ipv4.virtual=b.onion', 'virtual ipv4 b.onion'],
    ['MAPADDRESS ::=b.onion', '250 ipv6.virtual=b.onion', 'virtual ipv6 b.onion'],
    [
      'MAPADDRESS c e=f.onion',
      "512-syntax error: mapping 'c' is not of expected form 'foo=bar'.\n250 e=f.onion",
      'map e f.onion'
    ],
    [
      'MAPADDRESS a=bad c',
      "512-syntax error: invalid address mapping 'a=bad': it maps to what is no address\n" +
        "512 syntax error: mapping 'c' is not of expected form 'foo=bar'.",
      'map a bad'
    ],
    ['MAPADDRESS d=full', "451 resource exhausted: skipping 'd=full'", 'map d full'],
    [
      'GETINFO address-mappings/all',
      '250+address-mappings/all=\na.example a.onion NEVER\n*.b.example *.b.onion NEVER\n.\n250 OK'
    ],
    ['GETINFO address-mappings/config', '250-address-mappings/config=a.example a.onion NEVER\n250 OK'],
    ['GETINFO address-mappings/cache', '250-address-mappings/cache=\n250 OK'],
    ['RESOLVE example.org', /^551 /],
    ['+POSTDESCRIPTOR\r\nx\r\n.', /^551 /],
    ['SETROUTERPURPOSE a b', '511 SETROUTERPURPOSE is obsolete.'],
    ['FOO', '510 Unrecognized command "FOO"'],
    ['GETINFO "x', '512 Bad arguments to GETINFO: Cannot parse keyword argument(s)']
  ]

  for (const [line, wanted, call] of table) {
    it(line.replaceAll('\r\n', ' / ').slice(0, 100), async () => {
      control.recorded.calls.length = 0
      const got = await controller.ask(line.replaceAll('@onion', onion))
      if (typeof wanted === 'string') assert.equal(got, wanted)
      else assert.match(got, wanted)
      if (call !== undefined) assert.deepEqual(control.recorded.calls, [call])
    })
  }

  it('all but those that change the connection are tried here', () => {
    const tried = new Set(table.map(([line]) => /^\+?(\w+)/.exec(line)?.[1]?.toUpperCase()))
    const elsewhere = ['AUTHENTICATE', 'AUTHCHALLENGE', 'QUIT', 'SETEVENTS', 'TAKEOWNERSHIP', 'DROPOWNERSHIP']
    assert.deepEqual(
      commands
        .map(({name}) => name)
        .filter(name => !tried.has(name))
        .sort(),
      elsewhere.sort()
    )
  })

  it('control-spec 3.27: ADD_ONION tells a new key once, and no key that the controller has', async () => {
    const added = await controller.ask('ADD_ONION NEW:ED25519-V3 Port=80,8080 Port=81,unix:/x MaxStreams=5')
    const [, id] =
      /^250-ServiceID=(\w{56})\n250-PrivateKey=ED25519-V3:[\w+/]{86}==\n250 OK$/.exec(added) ?? []
    assert.deepEqual(control.recorded.onions.get(id ?? ''), {
      expandedKey: undefined,
      ports: [
        {virtualPort: 80, target: {kind: 'tcp', host: '127.0.0.1', port: 8080}},
        {virtualPort: 81, target: {kind: 'unix', path: '/x'}}
      ],
      maxStreams: 5,
      whenMaxStreams: 'refuse-stream',
      clients: []
    })
    assert.doesNotMatch(await controller.ask('ADD_ONION NEW:BEST Flags=DiscardPK Port=80'), /PrivateKey/)
    const flags = `Flags=V3Auth,MaxStreamsCloseCircuit ClientAuthV3=${CLIENT}`
    const known = await controller.ask(`ADD_ONION ED25519-V3:${KEY64} ${flags} Port=80`)
    assert.match(known, new RegExp(`^250-ServiceID=\\w{56}\\n250-ClientAuthV3=${CLIENT}\\n250 OK$`))
    assert.match(
      await controller.ask('GETINFO onions/current'),
      /^250\+onions\/current=\n\w{56}\n\w{56}\n\w{56}\n/
    )
    assert.equal(await controller.ask('GETINFO onions/detached'), '250-onions/detached=\n250 OK')
  })

  it('control-spec 3.7: a signal is obeyed after its answer, and told', async () => {
    control.recorded.calls.length = 0
    await controller.ask('SETEVENTS SIGNAL')
    assert.equal(await controller.ask('SIGNAL hup'), '250 OK')
    assert.equal(await controller.reply(), '650 SIGNAL RELOAD')
    assert.deepEqual(control.recorded.calls, ['signal RELOAD'])
    await controller.ask('SETEVENTS')
  })

  for (const [text, target] of [
    ['80', {kind: 'tcp', host: '127.0.0.1', port: 80}],
    ['80,10.0.0.1:81', {kind: 'tcp', host: '10.0.0.1', port: 81}],
    ['80,[::1]:81', {kind: 'tcp', host: '::1', port: 81}],
    ['80,unix:"/a b"', {kind: 'unix', path: '/a b'}]
  ] as const) {
    it(`Port=${text} leads there`, () => assert.deepEqual(parseOnionPort(text), {virtualPort: 80, target}))
  }

  for (const text of ['0', 'x', '80,', '80,0', '80,::1:81', '80,1.2.3.4', '70000', '80,unix:']) {
    it(`Port=${text} leads nowhere`, () => assert.equal(parseOnionPort(text), undefined))
  }
})
