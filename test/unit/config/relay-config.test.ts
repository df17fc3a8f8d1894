import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16Upper} from '../../../src/bytes/base16.ts'
import {printConfigFault} from '../../../src/config/fault.ts'
import type {HostFacts} from '../../../src/config/host.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {type ConfigLine, parseTorrcText} from '../../../src/config/torrc-text.ts'

const GB = 2 ** 30
const HOST: HostFacts = {
  homeDirectory: '/home/op',
  workingDirectory: '/srv',
  totalMemory: 4 * GB,
  cpuCount: 6
}

function lines(text: string, source: string): ConfigLine[] {
  const parsed = parseTorrcText(text, source)
  return parsed.ok ? parsed.value : assert.fail(printConfigFault(parsed.fault))
}

function load(torrc: string, host = HOST): RelayConfig {
  const config = loadConfig({torrc: lines(`ORPort 9001\n${torrc}`, 'torrc')}, host)
  return config.ok ? config.value : assert.fail(printConfigFault(config.fault))
}

function refused(torrc: string): string {
  const config = loadConfig({torrc: lines(torrc, 'torrc')}, HOST)
  return config.ok ? assert.fail('was accepted') : printConfigFault(config.fault)
}

test('an ORPort is all that a relay needs; the rest has defaults', () => {
  const config = load('')
  assert.equal(config.nickname, 'Unnamed')
  assert.equal(config.dataDirectory, '/home/op/.ramson')
  assert.equal(config.keyDirectory, '/home/op/.ramson/keys')
  assert.equal(config.cacheDirectory, '/home/op/.ramson')
  assert.equal(config.bandwidthRate, GB)
  assert.equal(config.numCpus, 6)
  assert.equal(config.maxMemInQueues, 3 * GB)
  assert.equal(config.shutdownWaitLengthMs, 30_000)
  assert.equal(config.signingKeyLifetimeMs, 30 * 86_400_000)
  assert.equal(config.heartbeatPeriodMs, 6 * 3_600_000)
  assert.equal(config.safeLogging, 'all')
  assert.equal(config.logRoutes, undefined)
  assert.deepEqual(config.dirAuthorities, [])
  assert.deepEqual(config.exitPolicy, ['reject *:*'])
  assert.equal(config.pathsNeededToBuildCircuits, undefined)
  assert.deepEqual(config.notices, [])
})

test('the configuration is frozen through and through', () => {
  const config = load('DoSConnectionEnabled 1')
  assert.throws(() => Object.assign(config, {nickname: 'x'}), TypeError)
  assert.throws(() => Object.assign(config.dos.connection, {enabled: false}), TypeError)
  assert.throws(() => (config.orPorts as unknown[]).push(1), TypeError)
})

test('an unknown option is refused by name and line, with the nearest name there is', () => {
  assert.equal(
    refused('ORPort 1\nNikname x'),
    "torrc, line 2: Unknown option 'Nikname'. Did you mean Nickname?"
  )
  assert.equal(refused('Gibberishness 1'), "torrc, line 1: Unknown option 'Gibberishness'.")
})

test('names of options do not depend on case, and other spellings of C tor are understood', () => {
  assert.equal(load('nickNAME alice').nickname, 'alice')
  assert.equal(load('NumCPU 3').numCpus, 3)
  const abbreviated = load('Nicknam bob')
  assert.equal(abbreviated.nickname, 'bob')
  assert.match(abbreviated.notices[0] ?? '', /line 2: 'Nicknam' is taken for Nickname; write it in full/)
  assert.equal(load('__ControlPort 9051').controlPorts.length, 1)
})

test('an option that C tor has and ramson does not is accepted, and a warning says so', () => {
  const {notices} = load('ExitPortStatistics 1\nServerDNSDetectHijacking 0\nRefuseUnknownExits 1')
  assert.equal(notices.length, 3)
  assert.match(notices[0] ?? '', /^torrc, line 2: ExitPortStatistics \(exit role\) .*no effect/)
  assert.match(notices[1] ?? '', /^torrc, line 3: ServerDNSDetectHijacking/)
})

test('an option that protects, and that ramson does not have, is refused', () => {
  assert.match(refused('ORPort 1\nSocks5Proxy 127.0.0.1:1'), /Socks5Proxy: ramson does not have it/)
  assert.match(refused('SocksPort 9050\nExcludeNodes {us}'), /line 2: ExcludeNodes: ramson does not have it/)
  assert.match(load('ExcludeNodes {us}').notices[0] ?? '', /no effect/)
  assert.equal(load('FascistFirewall 0').notices.length, 1)
})

test('no notice is given for what changes nothing', () => {
  assert.deepEqual(
    load('SocksPort 0\nControlPort 0\nCookieAuthentication 0\nHeartbeatPeriod 6 hours').notices,
    []
  )
})

test('an obsolete option is skipped with a notice, whatever its value', () => {
  assert.match(load('WarnUnsafeSocks bananas').notices[0] ?? '', /WarnUnsafeSocks is obsolete/)
})

test('the value of an option that has no effect is checked all the same', () => {
  assert.match(
    refused('ORPort 1\nExitPortStatistics maybe'),
    /line 2: ExitPortStatistics wants 0 or 1, not 'maybe'/
  )
})

test('of an option with one value the last line of the highest layer counts', () => {
  const config = loadConfig(
    {
      defaults: lines('ORPort 9001\nNickname low\nContactInfo low', 'defaults'),
      torrc: lines('Nickname first\nNickname second\nContactInfo mid', 'torrc'),
      commandLine: lines('ContactInfo high', 'command line')
    },
    HOST
  )
  assert.ok(config.ok)
  assert.equal(config.value.nickname, 'second')
  assert.equal(config.value.contactInfo, 'high')
  assert.match(config.value.notices[0] ?? '', /Nickname is given more than once/)
})

test("of a list the highest layer counts alone, '+' keeps those below, '/' empties it", () => {
  const families = (commandLine: string) => {
    const config = loadConfig(
      {
        torrc: lines('ORPort 9001\nMyFamily aaa\nMyFamily bbb', 'torrc'),
        commandLine: lines(commandLine, 'command line')
      },
      HOST
    )
    return config.ok ? config.value.myFamily : assert.fail(printConfigFault(config.fault))
  }
  assert.deepEqual(families(''), ['aaa', 'bbb'])
  assert.deepEqual(families('MyFamily ccc'), ['ccc'])
  assert.deepEqual(families('+MyFamily ccc'), ['aaa', 'bbb', 'ccc'])
  assert.deepEqual(families('/MyFamily'), [])
})

test('bandwidths: the least a relay may offer, "2 GB", a rate or a burst alone, and raised general rates', () => {
  assert.match(refused('ORPort 1\nBandwidthRate 10 KB'), /BandwidthRate must be at least 76800 bytes/)
  assert.match(refused('ORPort 1\nRelayBandwidthRate 10 KB'), /RelayBandwidthRate must be at least 76800/)
  assert.match(refused('ORPort 1\nMaxAdvertisedBandwidth 1'), /MaxAdvertisedBandwidth must be at least/)
  assert.match(refused('ORPort 1\nBandwidthBurst 3 GB'), /BandwidthBurst must be at most 2147483647/)
  assert.match(
    refused('ORPort 1\nBandwidthRate 2 MB\nBandwidthBurst 1 MB'),
    /line 3: BandwidthBurst must be at least/
  )
  assert.equal(load('BandwidthBurst 2 GB').bandwidthBurst, 2147483647)
  const relayed = load('RelayBandwidthRate 2 MB')
  assert.equal(relayed.relayBandwidthBurst, 2097152)
  assert.equal(relayed.bandwidthRate, GB)
  const raised = load('BandwidthRate 1 MB\nRelayBandwidthRate 2 MB')
  assert.equal(raised.bandwidthRate, 2097152)
  assert.equal(load('BandwidthRate 1 MB').relayBandwidthRate, 1048576)
})

test('MaxMemInQueues follows the memory of the host within 256 MB and 8 GB', () => {
  const auto = (totalMemory: number) => load('', {...HOST, totalMemory}).maxMemInQueues
  assert.equal(auto(2 ** 27), GB / 4)
  assert.equal(auto(10 * GB), 4 * GB)
  assert.equal(auto(64 * GB), 8 * GB)
  const low = load('MaxMemInQueues 1 MB')
  assert.equal(low.maxMemInQueues, 64 * 2 ** 20)
  assert.match(low.notices[0] ?? '', /raised to 64 MB/)
})

test('TestingTorNetwork changes the defaults of what a private network needs faster', () => {
  assert.equal(load('').extendAllowPrivateAddresses, false)
  const testing = load('TestingTorNetwork 1')
  assert.equal(testing.extendAllowPrivateAddresses, true)
  assert.equal(testing.minTimeToReportBandwidthMs, 0)
  assert.equal(testing.dirConnectionMaxStallMs, 30_000)
  assert.equal(load('TestingTorNetwork 1\nExtendAllowPrivateAddresses 0').extendAllowPrivateAddresses, false)
})

test('testing options are refused outside a testing network, unless they say the default', () => {
  assert.match(refused('ORPort 1\nTestingLinkKeySlop 1 hour'), /only be set with TestingTorNetwork 1/)
  assert.equal(load('TestingLinkKeySlop 180 minutes').linkKeySlopMs, 3 * 3_600_000)
  assert.equal(load('TestingTorNetwork 1\nTestingLinkKeySlop 1 hour').linkKeySlopMs, 3_600_000)
})

test('roles that ramson does not have are refused in so many words', () => {
  for (const [torrc, why] of [
    ['ExitRelay 1', /ExitRelay must be 0: ramson has no exit role/],
    ['ExitPolicy reject 10.0.0.0/8:*, accept *:80', /'accept \*:80'.*no exit role/],
    ['ReducedExitPolicy 1', /no exit role/],
    ['IPv6Exit 1', /no exit role/],
    ['BridgeRelay 1', /no bridge role/],
    ['PublishServerDescriptor bridge', /no bridge role/],
    ['ClientOnly 1', /not a client/]
  ] as const) {
    assert.match(refused(`ORPort 1\n${torrc}`), why)
  }
  assert.equal(load('ExitRelay auto\nExitPolicy reject *:*\nRunAsDaemon 0\nBridgeRelay 0').exitRelay, false)
})

const PRIVATE_AUTHORITY = [
  'ORPort 1',
  'DirPort 2',
  'Address 127.0.0.1',
  'AuthoritativeDirectory 1',
  'V3AuthoritativeDirectory 1',
  'TestingTorNetwork 1',
  `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:2 ${'B'.repeat(40)}`
]
const authority = (...more: string[]) => [...PRIVATE_AUTHORITY, ...more].join('\n')
const without = (option: string) => PRIVATE_AUTHORITY.filter(line => !line.startsWith(option)).join('\n')

test('a directory authority of a private network votes as it is told', () => {
  const config = load(
    authority(
      'V3AuthVotingInterval 10',
      'V3AuthVoteDelay 2',
      'V3AuthDistDelay 2',
      'TestingV3AuthInitialVotingInterval 5',
      'TestingV3AuthInitialVoteDelay 2',
      'TestingV3AuthInitialDistDelay 2',
      'ConsensusParams b=2 a=-1',
      'TestingDirAuthVoteGuard *'
    )
  )
  assert.deepEqual(config.authority?.voting, {intervalSeconds: 10, voteSeconds: 2, distSeconds: 2})
  assert.deepEqual(config.authority?.initialVoting, {intervalSeconds: 5, voteSeconds: 2, distSeconds: 2})
  assert.deepEqual(
    config.authority?.consensusParams,
    new Map([
      ['b', 2],
      ['a', -1]
    ])
  )
  assert.equal(config.authority?.maxServersPerAddress, 0)
  assert.equal(config.authority?.allowPrivateAddresses, true)
  assert.equal(config.authority?.testingFlags?.guard.relays, '*')
  assert.deepEqual(
    config.dirPorts.map(({host, port}) => [host, port]),
    [['0.0.0.0', 2]]
  )
  assert.equal(load('ORPort 1').authority, undefined)
})

test('a directory authority of the public network is refused, and so is half an authority', () => {
  for (const [torrc, why] of [
    [
      without('TestingTorNetwork')
        .replace('127.0.0.1:2', '192.0.2.1:2')
        .replace('DirAuthority', 'PublishServerDescriptor 0\nDirAuthority'),
      /private networks alone/
    ],
    [without('DirAuthority'), /private networks alone/],
    [without('V3AuthoritativeDirectory'), /belong together/],
    [without('DirPort'), /needs a DirPort/],
    [without('Address'), /needs an Address/],
    [authority('V3AuthVotingInterval 7 seconds'), /V3AuthVotingInterval must be 10 seconds or more/],
    [authority('V3AuthVotingInterval 10', 'V3AuthVoteDelay 3', 'V3AuthDistDelay 2'), /less than half/],
    [authority('V3AuthNIntervalsValid 1'), /at least 2/],
    [authority('ConsensusParams a=1 a=2'), /each name once/],
    [authority('AuthDirVoteGuardGuaranteeWFU 2'), /from 0 to 1/]
  ] as const) {
    assert.match(refused(torrc), why)
  }
})

test('padding cannot be switched off at a relay', () => {
  assert.match(refused('ORPort 1\nConnectionPadding 0'), /ConnectionPadding must be auto/)
  assert.match(refused('ORPort 1\nReducedConnectionPadding 1'), /ReducedConnectionPadding must be 0/)
  assert.match(refused('ORPort 1\nCircuitPadding 0'), /CircuitPadding must be 1/)
})

test('without an ORPort there is no relay', () => {
  assert.match(refused('Nickname x'), /There is no ORPort/)
  assert.match(refused('ORPort 0'), /There is no ORPort/)
})

test('publishing to what may be the public network takes an option of its own', () => {
  const fingerprint = '2BCC9E6701923959A31C3D92A74A93CFF2290E47'
  const authority = (address: string, v3ident: string) =>
    `DirAuthority a orport=1 no-v2 v3ident=${v3ident} ${address}:80 ${fingerprint}`
  const ofPublic = 'F533C81CEF0BC0267857C99B2F471ADF249FA232'
  const ofOther = fingerprint
  const refusal = /PublishToPublicNetwork 1/
  assert.match(refused(`ORPort 1\n${authority('127.0.0.1', ofPublic)}`), refusal)
  assert.match(refused(`ORPort 1\nTestingTorNetwork 1\n${authority('127.0.0.1', ofPublic)}`), refusal)
  assert.match(refused(`ORPort 1\n${authority('8.8.8.8', ofOther)}`), refusal)
  assert.ok(load(authority('127.0.0.1', ofOther)).publishServerDescriptor)
  assert.ok(load(`TestingTorNetwork 1\n${authority('8.8.8.8', ofOther)}`).publishServerDescriptor)
  assert.ok(load(`PublishToPublicNetwork 1\n${authority('8.8.8.8', ofPublic)}`).publishToPublicNetwork)
  assert.equal(
    load(`PublishServerDescriptor 0\n${authority('8.8.8.8', ofPublic)}`).publishServerDescriptor,
    false
  )
})

test('DirAuthority and FallbackDir lines are read field by field', () => {
  const fingerprint = '2BCC9E6701923959A31C3D92A74A93CFF2290E47'
  const config = load(`
DirAuthority auth1 orport=5001 no-v2 v3ident=${fingerprint} ipv6=[2001:db8::1]:5001 127.0.0.1:7001 2BCC 9E67 0192 3959 A31C 3D92 A74A 93CF F229 0E47
DirAuthority 127.0.0.1:7002 ${fingerprint}
FallbackDir 192.0.2.1:80 orport=9001 id=${fingerprint} ipv6=[2001:db8::2]:9001 weight=10`)
  const [first, second] = config.dirAuthorities
  assert.equal(first?.nickname, 'auth1')
  assert.equal(first?.orPort, 5001)
  assert.equal(first?.dirPort, 7001)
  assert.equal(toBase16Upper(first?.fingerprint ?? new Uint8Array()), fingerprint)
  assert.equal(toBase16Upper(first?.v3ident ?? new Uint8Array()), fingerprint)
  assert.deepEqual(first?.ipv6, {host: '2001:db8::1', port: 5001})
  assert.equal(second?.nickname, undefined)
  assert.equal(second?.v3ident, undefined)
  const [fallback] = config.fallbackDirs
  assert.equal(fallback?.orPort, 9001)
  assert.equal(fallback?.weight, 10)
})

test('a directory line that lacks something says what', () => {
  const fingerprint = '2BCC9E6701923959A31C3D92A74A93CFF2290E47'
  for (const [line, why] of [
    [`DirAuthority a orport=0 127.0.0.1:1 ${fingerprint}`, /orport '0' is no port/],
    [`DirAuthority a v3ident=12 127.0.0.1:1 ${fingerprint}`, /v3ident '12' is not 40 hex digits/],
    ['DirAuthority a 127.0.0.1:1 ABCD', /fingerprint must be 40 hex digits/],
    [`DirAuthority a ${fingerprint}`, /address:dirport is missing/],
    [`DirAuthority a ipv6=1.2.3.4:1 127.0.0.1:1 ${fingerprint}`, /ipv6/],
    [`FallbackDir 127.0.0.1:1 id=${fingerprint}`, /orport=PORT is missing/],
    ['FallbackDir 127.0.0.1:1 orport=1', /id=FINGERPRINT/]
  ] as const) {
    assert.match(refused(`ORPort 1\n${line}`), why)
  }
})

test('MyFamily takes fingerprints in C tor’s spellings and nicknames, and gives them sorted and once', () => {
  const low = '2bcc9e6701923959a31c3d92a74a93cff2290e47'
  assert.deepEqual(load(`MyFamily bob, $${low}~alice\nMyFamily ${low},bob`).myFamily, [
    `$${low.toUpperCase()}`,
    'bob'
  ])
  assert.match(refused('ORPort 1\nMyFamily not-a-name'), /'not-a-name' is no fingerprint/)
})

test('nickname and contact info stay within what descriptors can carry', () => {
  assert.match(refused('ORPort 1\nNickname 12345678901234567890'), /Nickname must be 1 to 19 characters/)
  assert.match(refused('ORPort 1\nNickname a-b'), /Nickname must be/)
  assert.match(refused('ORPort 1\nContactInfo "a\\nb"'), /ContactInfo must stand on one line/)
  assert.match(refused('ORPort 1\nContactInfo "\\xff"'), /ContactInfo must be UTF-8/)
  assert.match(refused('ORPort 1\nPidFile "/x\\x00y"'), /NUL/)
})

test('paths are made absolute, from the home directory or the working directory', () => {
  const config = load('DataDirectory ~/relay\nPidFile run/pid\nKeyDirectory /keys')
  assert.equal(config.dataDirectory, '/home/op/relay')
  assert.equal(config.pidFile, '/srv/run/pid')
  assert.equal(config.keyDirectory, '/keys')
})

test('LogTimeGranularity is a divisor or a multiple of a second', () => {
  assert.equal(load('LogTimeGranularity 1').logTimeGranularityMs, 1)
  assert.equal(load('LogTimeGranularity 3').logTimeGranularityMs, 4)
  assert.equal(load('LogTimeGranularity 1500').logTimeGranularityMs, 2000)
  assert.match(refused('ORPort 1\nLogTimeGranularity 0'), /more than 0/)
})

test('certificates must live at least twice as long as the time before their end at which they are renewed', () => {
  assert.match(refused('ORPort 1\nSigningKeyLifetime 1 day'), /SigningKeyLifetime must be at least twice/)
})

test('OutboundBindAddressOR goes before OutboundBindAddress, family by family', () => {
  const both = load(
    'OutboundBindAddressOR 192.0.2.1\nOutboundBindAddress 192.0.2.2\nOutboundBindAddress [2001:db8::1]'
  )
  assert.deepEqual(both.outboundAddresses, {ipv4: '192.0.2.1', ipv6: '2001:db8::1'})
  assert.deepEqual(load('').outboundAddresses, {})
  assert.match(
    refused('ORPort 1\nOutboundBindAddress here'),
    /OutboundBindAddress wants an IP address, not 'here'/
  )
  assert.match(
    refused('ORPort 1\nOutboundBindAddress 192.0.2.1\nOutboundBindAddress 192.0.2.2'),
    /more than one address of a family/
  )
})
