// Every option that `--list-torrc-options` prints has an effect that a test shows; here is which. An option that joins the list
// without a line here fails, and so does a line whose test is gone, or says nothing of the option.

import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {findOption, optionNames} from '../../../src/config/option-names.ts'
import {loadConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import {packageRoot} from '../../support/package-root.ts'

interface Effect {
  /** A file below test/, without `.test.ts`, and the name of a test in it. */
  readonly by: readonly [file: string, title: string]
  /** Where the test speaks of what the option becomes: the line to set, the field of the settings that it changes, and the
   * word that the test has for it. */
  readonly becomes?: readonly [line: string, field: string, word: string]
  /** A file of test/support that writes the option into the torrc of the network that the test looks at. */
  readonly through?: string
}

function at(file: string): (title: string) => Effect {
  return title => ({by: [file, title]})
}

function as(effect: Effect, line: string, field: string, word = field.split('.').at(-1) ?? ''): Effect {
  return {...effect, becomes: [line, field, word]}
}

const torrc = at('sim/torrc-effects')
const reload = at('interop/reload')
const bandwidth = at('sim/bandwidth')
const confinement = at('sim/confinement')
const hibernation = at('unit/roles/accounting')
const settings = at('unit/config/relay-config')
const log = at('unit/log/log')
const circuits = at('spec/dos/circuits')
const connections = at('spec/dos/connections')
const services = at('unit/config/onion-services')
const streamLimit = at('spec/dos/streams')
const flags = at('unit/roles/authority/flags')
const acceptance = at('unit/roles/authority/acceptance')
const view = at('unit/roles/authority/relay-view')

const documents = reload('changes what the documents tell: family and advertised bandwidth')
const underLoad = reload(
  'changes bandwidth rate, contact line and log under a transfer, and drops no circuit'
)
const places = torrc(
  'KeyDirectory, CacheDirectory, PidFile: files are where they are wanted, for nobody else to read'
)
const said = torrc(
  'LogFormat json, NumCPUs, HeartbeatPeriod: lines are JSON, one of them tells of the shards, others come every second'
)
const published = torrc(
  'AssumeReachable and PublishServerDescriptor: nothing is published before both allow it'
)
const second = torrc(
  'ORPort [::1], Address [::1], AssumeReachableIPv6: the second address is told of where it is known to be reachable'
)
const control = torrc(
  'ControlPort, ControlSocket and their authentication: what an operator asked for is what is offered'
)
const statistics = at('unit/app/statistics-options')(
  'HiddenServiceStatistics, PaddingStatistics and OverloadStatistics each put their lines into the extra-info, or none'
)
const countries = torrc(
  'GeoIPFile, GeoIPv6File: addresses have countries, the extra-info the digests, and a reload reads what is new'
)
const family = torrc(
  'FamilyId and FamilyKeyDirectory: the descriptor proves membership by the keys that lie there'
)
const voted: Effect = {
  ...at('interop/ramson-authority')(
    'has a consensus of every flavour that lists all relays soon after they came'
  ),
  through: 'authority-torrc.ts'
}
const votes = settings('a directory authority of a private network votes as it is told')
const halfAuthority = settings(
  'a directory authority of the public network is refused, and so is half an authority'
)
const flagLines = flags('are drawn at the median, the eighth and where the settings say')
const guards = flags('no Guard when it is slower, younger or less steady than most')
const asked = flags('what a testing network says, and strictly so where it says that')
const met = at('interop/onion-roles')(
  'introductions beyond the burst are refused with INTRODUCE_ACK, and later ones are taken again'
)
const streams = at('sim/onion-service')('takes as many streams on a circuit as it is told to')
const padding = at('interop/padding')(
  'ConnectionPadding, ReducedConnectionPadding: C tor and our client pad a channel as the settings of the moment say'
)
const circuitPadding = at('interop/padding')(
  'CircuitPadding, ReducedCircuitPadding: our client has C tor run the machines on its circuits, or nobody'
)
const service = 'HiddenServiceDir /s\nHiddenServicePort 80\n'

const EFFECTS: Readonly<Record<string, Effect>> = {
  Nickname: underLoad,
  ContactInfo: underLoad,
  Address: second,
  AddressDisableIPv6: second,
  ORPort: reload('opens and closes ORPorts and DirPorts, while links through the old one stay'),
  AssumeReachable: published,
  AssumeReachableIPv6: second,
  OutboundBindAddress: reload('OutboundBindAddress: links to others come from there, by the next one on'),
  OutboundBindAddressOR: settings('OutboundBindAddressOR goes before OutboundBindAddress, family by family'),
  OutboundBindAddressExit: at('unit/app/socket-settings')(
    'OutboundBindAddressExit: connections to the targets of onion services come from there, family by family'
  ),
  ExtendAllowPrivateAddresses: at('spec/circuit/extend-target')(
    'a port of zero and a private address are refused, the latter unless ExtendAllowPrivateAddresses'
  ),
  MyFamily: documents,
  FamilyId: family,
  FamilyKeyDirectory: family,

  BandwidthRate: documents,
  BandwidthBurst: documents,
  RelayBandwidthRate: bandwidth(
    'stays within 5 % of RelayBandwidthRate over 30 s, whoever the octets are for'
  ),
  RelayBandwidthBurst: torrc('RelayBandwidthBurst: the descriptor tells it'),
  MaxAdvertisedBandwidth: documents,
  PerConnBWRate: bandwidth(
    'holds the links of clients to PerConnBWRate, those of relays not, and none once it is gone'
  ),
  PerConnBWBurst: as(
    bandwidth('holds the links of clients to PerConnBWRate, those of relays not, and none once it is gone'),
    'PerConnBWRate 1 MB\nPerConnBWBurst 2 MB',
    'perConnBwBurst',
    'linkBurst'
  ),
  CountPrivateBandwidth: bandwidth(
    'CountPrivateBandwidth 0: links with private addresses have no limit together, and count for nothing'
  ),
  Schedulers: at('sim/schedulers')('Schedulers, KISTSockBufSizeFactor: with KIST no more lies in the kernel'),
  KISTSockBufSizeFactor: at('sim/schedulers')(
    'Schedulers, KISTSockBufSizeFactor: with KIST no more lies in the kernel'
  ),
  KISTSchedRunInterval: at('sim/schedulers')(
    'KISTSchedRunInterval: a link whose kernel has enough is looked at again at the next tick'
  ),
  TokenBucketRefillInterval: bandwidth(
    'TokenBucketRefillInterval: what the limit held back goes on as often, with all that was earned meanwhile'
  ),
  AccountingMax: hibernation(
    'AccountingMax: the doors close at 95 %, everything at 100 %, and the next period begins anew'
  ),
  AccountingRule: hibernation('AccountingRule: the larger direction counts, or their sum, or one of them'),
  AccountingStart: hibernation(
    'AccountingStart: periods begin on a day of the month, a day of the week, or every day, by the local clock'
  ),

  ConnectionPadding: padding,
  ReducedConnectionPadding: padding,
  CircuitPadding: circuitPadding,
  ReducedCircuitPadding: circuitPadding,

  NumCPUs: said,
  MaxMemInQueues: at('spec/dos/memory-pressure')(
    'MaxMemInQueues: below the limit nothing is taken, at the limit a tenth of it is freed'
  ),
  MaxHSDirCacheBytes: torrc('MaxHSDirCacheBytes, MaxMemInQueues: what bounds the memory follows a reload'),
  MaxOnionQueueDelay: at('unit/onion-skin-queue')(
    'limits come from the consensus, and the configured delay goes before it'
  ),
  CircuitPriorityHalflife: at('spec/dos/params')(
    'CircuitPriorityHalflife goes before CircuitPriorityHalflifeMsec of the consensus, which goes before 30 seconds'
  ),
  DisableOOSCheck: as(
    at('spec/dos/socket-exhaustion')(
      'DisableOOSCheck 0: near the limit, channels without circuits go until a quarter is free, and no others'
    ),
    'DisableOOSCheck 0',
    'disableSocketCheck'
  ),
  ConstrainedSockets: at('sim/constrained-sockets')(
    'ConstrainedSockets: links that come in and links that go out have what they may, and later ones as they please'
  ),
  ConstrainedSockSize: at('sim/constrained-sockets')(
    'ConstrainedSockSize: ports for directories, SOCKS and metrics'
  ),
  ConnLimit: at('unit/app/main')('ConnLimit: a node starts only where it may have so many descriptors'),
  KeepalivePeriod: at('spec/link-keepalive')(
    'KeepalivePeriod: a channel that nothing was written to for so long gets a PADDING cell, again and again'
  ),
  ShutdownWaitLength: at('interop/relay-identity')(
    'SIGINT stops within ShutdownWaitLength, with exit status 0'
  ),
  HeartbeatPeriod: said,

  AvoidDiskWrites: at('unit/app/hibernation')(
    'AvoidDiskWrites: what was counted is written every two hours, not every ten minutes or twenty megabytes'
  ),
  DisableNetwork: at('sim/disable-network')(
    'starts with no port open but those for control and status, makes no connection, and says why'
  ),
  RunAsDaemon: at('sim/run-as-daemon')(
    'RunAsDaemon 1: the call ends with status 0 once the relay is up, and warns of what is not to be seen any more'
  ),
  User: confinement(
    'User: root opens the ports and then is the user in all of its threads, and files are the user’s'
  ),
  KeepBindCapabilities: confinement('KeepBindCapabilities 0: no right of root’s is left'),
  NoExec: confinement(
    'NoExec 1: a reload that would start a program does not, and one that runs already goes on'
  ),
  DisableDebuggerAttachment: confinement(
    'DisableDebuggerAttachment 1, the default: nobody of its own user may look into it, and Node’s inspector is closed'
  ),
  Sandbox: at('sim/sandbox')('Sandbox 1: every thread is in it once the relay is up'),
  DataDirectory: at('unit/app/main')('a DataDirectory that cannot be used ends with status 1 and its path'),
  KeyDirectory: places,
  CacheDirectory: places,
  PidFile: places,

  SigningKeyLifetime: torrc('SigningKeyLifetime: the signing key is certified for so long'),
  SSLKeyLifetime: torrc('SSLKeyLifetime: the certificate of links is valid for so long'),
  OfflineMasterKey: at('unit/datadir/relay-keys')(
    'OfflineMasterKey makes no identity and does not look at a master key that is there'
  ),

  DirAuthority: at('interop/join-private-network')(
    'lists relays that join, of C tor and of ramson, as running'
  ),
  FallbackDir: at('interop/relay-in-c-tor-network')(
    'boots a fresh client whose only guard and only directory it is'
  ),
  DirCache: torrc('DirCache 0: the relay is no directory, and says so'),
  DirPort: reload('opens and closes ORPorts and DirPorts, while links through the old one stay'),
  PublishServerDescriptor: published,
  PublishToPublicNetwork: settings('publishing to what may be the public network takes an option of its own'),
  PathsNeededToBuildCircuits: at('unit/app/known-network')(
    'PathsNeededToBuildCircuits: the part of the paths that must be known, or what the consensus says'
  ),
  MaxConsensusAgeForDiffs: at('unit/consensus-diffs')(
    'MaxConsensusAgeForDiffs: no diff starts from an older consensus, also while there is no newer one'
  ),
  ExtraInfoStatistics: torrc('ExtraInfoStatistics 0: the extra-info tells nothing but who we are'),
  HiddenServiceStatistics: statistics,
  PaddingStatistics: statistics,
  OverloadStatistics: statistics,
  DirReqStatistics: at('unit/app/statistics-options')(
    'DirReqStatistics: requests for a consensus are counted where there is a GeoIPFile, and ExtraInfoStatistics is not off'
  ),
  CellStatistics: at('unit/app/statistics-options')(
    'CellStatistics: circuits that close are measured and told of in tenths where that is asked for'
  ),
  ConnDirectionStatistics: at('unit/app/statistics-options')(
    'ConnDirectionStatistics: which way octets went on links is measured and told where that is asked for'
  ),
  EntryStatistics: at('unit/app/statistics-options')(
    'EntryStatistics: clients are counted by country where that is asked for, and there is a file of countries'
  ),
  MainloopStats: torrc('MainloopStats: each heartbeat tells of the event loop, while that is wanted'),
  GeoIPFile: countries,
  GeoIPv6File: countries,

  Log: underLoad,
  LogTimeGranularity: log('times are rounded down to LogTimeGranularity'),
  LogMessageDomains: log('domains are shown only where LogMessageDomains asks for them'),
  TruncateLogFile: log(
    'a file is continued, or with TruncateLogFile begun anew at the start but not at a reload'
  ),
  LogFormat: said,
  SafeLogging: log('addresses are scrubbed unless SafeLogging is off'),
  ProtocolWarnings: log('what a peer does wrong is info, and warn only with ProtocolWarnings'),
  SyslogIdentityTag: as(
    at('unit/log/syslog')('the logger command gets the tag, and lines with facility and severity in front'),
    'SyslogIdentityTag Tor-alice',
    'syslogIdentityTag',
    'syslogSink'
  ),

  SocksPort: at('interop/onion-service')('is reached and echoes'),
  MapAddress: at('unit/roles/socks')(
    'MapAddress: what an application asks for is reached elsewhere, an onion service under a name that is none'
  ),
  ClientOnionAuthDir: at('interop/onion-service')('is reached by a client that has the key'),
  ControlPort: control,
  ControlSocket: control,
  CookieAuthentication: control,
  CookieAuthFile: control,
  CookieAuthFileGroupReadable: control,
  HashedControlPassword: control,
  ControlPortWriteToFile: control,
  MetricsPort: at('interop/metrics')('shows no address, fingerprint or onion address'),
  MetricsPortPolicy: at('interop/metrics')('shows no address, fingerprint or onion address'),
  StatusPort: torrc('StatusPort: there is a page'),

  DoSCircuitCreationEnabled: circuits('DoSCircuitCreationEnabled 0: nothing is counted and nothing refused'),
  DoSCircuitCreationMinConnections: circuits(
    'DoSCircuitCreationMinConnections: an address with fewer connections may have any number of circuits'
  ),
  DoSCircuitCreationRate: circuits('DoSCircuitCreationRate: an address that stays below it is never refused'),
  DoSCircuitCreationBurst: circuits(
    'DoSCircuitCreationBurst: an address may have so many circuits at once over all its connections, and no more'
  ),
  DoSCircuitCreationDefenseType: circuits(
    'DoSCircuitCreationDefenseType 1: what would be refused is counted and answered'
  ),
  DoSCircuitCreationDefenseTimePeriod: circuits('DoSCircuitCreationDefenseTimePeriod: an address is refused'),
  DoSConnectionEnabled: at('spec/dos/live-parameters')(
    'a reload with an option of its own goes before the consensus'
  ),
  DoSConnectionMaxConcurrentCount: connections(
    'DoSConnectionMaxConcurrentCount: an address has so many connections open and no more, until one closes'
  ),
  DoSConnectionDefenseType: connections(
    'DoSConnectionDefenseType 1: what would be refused is counted and admitted'
  ),
  DoSConnectionConnectRate: connections(
    'DoSConnectionConnectRate: an address that stays below it is never refused'
  ),
  DoSConnectionConnectBurst: connections(
    'DoSConnectionConnectBurst and Rate: an address that opens more is refused'
  ),
  DoSConnectionConnectDefenseTimePeriod: connections('DoSConnectionConnectDefenseTimePeriod: it is refused'),
  DoSStreamCreationEnabled: streamLimit('DoSStreamCreationEnabled 0: nothing is counted'),
  DoSStreamCreationRate: streamLimit('DoSStreamCreationBurst, DoSStreamCreationRate: so many at once'),
  DoSStreamCreationBurst: streamLimit('DoSStreamCreationBurst, DoSStreamCreationRate: so many at once'),
  DoSStreamCreationDefenseType: streamLimit(
    'DoSStreamCreationDefenseType: 1 counts and admits, 3 closes the circuit'
  ),
  DoSRefuseSingleHopClientRendezvous: at('spec/onion-roles/over-links')(
    'a single-hop client is refused a rendezvous by silence where the consensus says so'
  ),

  HiddenServiceDir: at('interop/onion-service')('has the same address after a restart and is reached again'),
  HiddenServicePort: at('interop/onion-service')(
    'refuses a port that it does not have, and is reached on the others afterwards'
  ),
  HiddenServiceVersion: services('what does not hold together is refused'),
  HiddenServiceNumIntroductionPoints: as(
    at('sim/onion-service')(
      'rend-spec-v3 2.2.3: has two descriptors, each with three introduction points and on all HSDirs of its ring'
    ),
    `${service}HiddenServiceNumIntroductionPoints 4`,
    'onionServices.0.introductionPoints'
  ),
  HiddenServiceMaxStreams: as(streams, `${service}HiddenServiceMaxStreams 2`, 'onionServices.0.maxStreams'),
  HiddenServiceMaxStreamsCloseCircuit: as(
    streams,
    `${service}HiddenServiceMaxStreamsCloseCircuit 1`,
    'onionServices.0.whenMaxStreams'
  ),
  HiddenServiceEnableIntroDoSDefense: met,
  HiddenServiceEnableIntroDoSRatePerSec: met,
  HiddenServiceEnableIntroDoSBurstPerSec: met,
  HiddenServiceOnionBalanceInstance: services('what does not hold together is refused'),

  TestingTorNetwork: settings(
    'TestingTorNetwork changes the defaults of what a private network needs faster'
  ),
  TestingSigningKeySlop: as(
    at('unit/datadir/relay-keys')(
      'a signing key that is about to expire is replaced, by tending and at a start'
    ),
    'TestingTorNetwork 1\nTestingSigningKeySlop 2 days',
    'signingKeySlopMs'
  ),

  AuthoritativeDirectory: halfAuthority,
  V3AuthoritativeDirectory: halfAuthority,
  V3AuthVotingInterval: voted,
  V3AuthVoteDelay: voted,
  V3AuthDistDelay: voted,
  V3AuthNIntervalsValid: voted,
  V3BandwidthsFile: {
    ...at('interop/relay-in-c-tor-network')('boots a fresh client whose only guard and only directory it is'),
    through: 'authority-torrc.ts'
  },
  ConsensusParams: votes,
  DirAllowPrivateAddresses: as(
    acceptance('at a public address, or any where private ones are allowed'),
    'DirAllowPrivateAddresses 0',
    'authority.allowPrivateAddresses'
  ),
  MinimalAcceptedServerVersion: as(
    acceptance('of a C tor that is not too old and says which it is'),
    'MinimalAcceptedServerVersion 0.4.9.1',
    'authority.minimumVersion',
    'old-version'
  ),
  MinUptimeHidServDirectoryV2: as(
    flags('no HSDir before it was up for long enough, and then only as a directory'),
    'MinUptimeHidServDirectoryV2 9 hours',
    'authority.hsDirMinUptime'
  ),
  MinMeasuredBWsForAuthToIgnoreAdvertised: as(
    flags('are not moved by relays that are down, slow, or not measured where most are'),
    'MinMeasuredBWsForAuthToIgnoreAdvertised 9',
    'authority.measuredToIgnoreAdvertised'
  ),
  AuthDirFastGuarantee: as(flagLines, 'AuthDirFastGuarantee 9 KB', 'authority.fastGuarantee'),
  AuthDirGuardBWGuarantee: as(guards, 'AuthDirGuardBWGuarantee 9 KB', 'authority.guardBandwidthGuarantee'),
  AuthDirMaxServersPerAddr: as(
    view('are Sybils beyond what one address may have, the least useful first'),
    'AuthDirMaxServersPerAddr 9',
    'authority.maxServersPerAddress',
    'maxPerAddress'
  ),
  AuthDirPinKeys: as(
    acceptance('whose two identities are known together, unless pinning is off'),
    'AuthDirPinKeys 0',
    'authority.pinKeys'
  ),
  AuthDirSharedRandomness: as(
    at('unit/roles/authority/shared-random-state')(
      'commits in the first half of a run and shows no reveal there'
    ),
    'AuthDirSharedRandomness 0',
    'authority.sharedRandomness',
    'computeSharedRandom'
  ),
  AuthDirTestReachability: as(
    view('are running for three quarters of an hour after they proved both identities at their address'),
    'AuthDirTestReachability 0',
    'authority.testsReachability'
  ),
  AuthDirVoteGuardBwThresholdFraction: as(
    guards,
    'AuthDirVoteGuardBwThresholdFraction 0.5',
    'authority.guardBandwidthFraction'
  ),
  AuthDirVoteGuardGuaranteeTimeKnown: as(
    guards,
    'AuthDirVoteGuardGuaranteeTimeKnown 9 days',
    'authority.guardTimeKnownGuarantee'
  ),
  AuthDirVoteGuardGuaranteeWFU: as(
    guards,
    'AuthDirVoteGuardGuaranteeWFU 0.5',
    'authority.guardUptimeGuarantee'
  ),
  AuthDirVoteStableGuaranteeMinUptime: as(
    flagLines,
    'AuthDirVoteStableGuaranteeMinUptime 9 days',
    'authority.stableMinUptime'
  ),
  AuthDirVoteStableGuaranteeMTBF: as(
    flagLines,
    'AuthDirVoteStableGuaranteeMTBF 9 days',
    'authority.stableMeanUptime'
  ),
  TestingAuthDirTimeToLearnReachability: voted,
  TestingDirAuthVoteExit: as(asked, 'TestingDirAuthVoteExit *', 'authority.testingFlags.exit'),
  TestingDirAuthVoteExitIsStrict: as(
    asked,
    'TestingDirAuthVoteExitIsStrict 1',
    'authority.testingFlags.exit'
  ),
  TestingDirAuthVoteGuard: as(asked, 'TestingDirAuthVoteGuard *', 'authority.testingFlags.guard'),
  TestingDirAuthVoteGuardIsStrict: as(
    asked,
    'TestingDirAuthVoteGuardIsStrict 1',
    'authority.testingFlags.guard'
  ),
  TestingDirAuthVoteHSDir: as(asked, 'TestingDirAuthVoteHSDir *', 'authority.testingFlags.hsDir'),
  TestingDirAuthVoteHSDirIsStrict: as(
    asked,
    'TestingDirAuthVoteHSDirIsStrict 1',
    'authority.testingFlags.hsDir'
  ),
  TestingMinExitFlagThreshold: as(
    flags('are not moved by relays that are down, slow, or not measured where most are'),
    'TestingMinExitFlagThreshold 9 KB',
    'authority.minBandwidthConsidered'
  ),
  TestingMinFastFlagThreshold: as(
    flagLines,
    'TestingMinFastFlagThreshold 9 KB',
    'authority.minFastThreshold'
  ),
  TestingV3AuthInitialVotingInterval: voted,
  TestingV3AuthInitialVoteDelay: voted,
  TestingV3AuthInitialDistDelay: voted,
  TestingV3AuthVotingStartOffset: voted
}

const AUTHORITY = [
  'DirPort 2',
  'Address 127.0.0.1',
  'AuthoritativeDirectory 1',
  'V3AuthoritativeDirectory 1',
  'TestingTorNetwork 1',
  `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:2 ${'B'.repeat(40)}`
]

function load(text: string): unknown {
  const lines = parseTorrcText(`ORPort 1\n${text}`, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  assert.ok(config.ok, JSON.stringify(config))
  return config.value
}

function fieldOf(config: unknown, path: string): string {
  let value = config
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return JSON.stringify(value) ?? 'undefined'
}

function read(...path: string[]): string {
  return readFileSync(join(packageRoot(), 'test', ...path), 'utf8')
}

describe('each option that is listed', () => {
  const names = optionNames().filter(name => !name.startsWith('__'))

  test('has a test of its effect named here, and nothing else has', () => {
    assert.deepEqual(Object.keys(EFFECTS).sort(), [...names].sort())
  })

  for (const [name, {by, becomes, through}] of Object.entries(EFFECTS)) {
    test(`${name}: ${by[1]}`, () => {
      const text = read(`${by[0]}.test.ts`)
      const title = by[1]
      assert.ok(
        ["'", '"', '`'].some(
          quote => text.includes(`(${quote}${title}`) || text.includes(`(\n    ${quote}${title}`)
        ) || new RegExp(`(?:it|test)\\(\\s*['"\`]${escaped(title)}`).test(text),
        `${by[0]} has no such test`
      )
      const speaks = (word: string, where: string) => new RegExp(`\\b${word}\\b`).test(where)
      if (becomes === undefined) {
        assert.ok(
          speaks(name, through === undefined ? text : read('support', through)),
          `nothing there names ${name}`
        )
        return
      }
      const [line, field, word] = becomes
      const isAuthority = field.startsWith('authority.')
      const base = isAuthority ? AUTHORITY.join('\n') : ''
      const without = line
        .split('\n')
        .filter(each => !each.startsWith(`${name} `))
        .join('\n')
      assert.notEqual(fieldOf(load(`${base}\n${line}`), field), fieldOf(load(`${base}\n${without}`), field))
      assert.ok(speaks(word, text) || speaks(name, text), `nothing there names ${word}`)
    })
  }

  test('is the same option in the form with two underscores, which a controller uses for what is not to be saved', () => {
    for (const name of optionNames().filter(each => each.startsWith('__'))) {
      assert.deepEqual(findOption(name), findOption(name.slice(2)))
    }
  })
})

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
