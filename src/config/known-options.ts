// The names of all other options of C tor 0.4.9, by what they belong to and by type. Their values are checked by type and
// then have no effect, which a notice says. An option that gets one moves to options.ts.

import type {OptionType} from './option-value.ts'
import type {Feature} from './options.ts'

type NamesByType = {readonly [T in OptionType]?: string}

const NAMES: {readonly [F in Feature]?: NamesByType} = {
  'bridge role': {
    boolean: 'BridgeRecordUsageByCountry ReconfigDropsBridgeDescs UpdateBridgesFromAuthority UseBridges',
    'csv-interval': 'TestingBridgeBootstrapDownloadInitialDelay TestingBridgeDownloadInitialDelay',
    lines: 'AlternateBridgeAuthority Bridge',
    string: 'BridgeDistribution BridgePassword'
  },
  'client role': {
    autobool: `
      ClientPreferIPv6DirPort ClientPreferIPv6ORPort ConfluxEnabled ExtendByEd25519ID
      PathBiasDropGuards UseGuardFraction UseMicrodescriptors VanguardsLiteEnabled`,
    boolean: `
      AutomapHostsOnResolve ClientDNSRejectInternalAddresses ClientOnly ClientRejectInternalAddresses
      ClientUseIPv4 ClientUseIPv6 DormantCanceledByStartup DormantOnFirstStartup
      DormantTimeoutDisabledByIdleStreams DormantTimeoutEnabled EnforceDistinctSubnets FascistFirewall
      FetchHidServDescriptors LearnCircuitBuildTimeout SafeSocks StrictNodes TestSocks UseEntryGuards`,
    count: `
      ClientBootstrapConsensusMaxInProgressTries MaxClientCircuitsPending NumDirectoryGuards
      NumEntryGuards NumPrimaryGuards`,
    csv: `
      AutomapHostsSuffixes FirewallPorts LongLivedPorts RejectPlaintextPorts TrackHostExits
      WarnPlaintextPorts`,
    'csv-interval': `
      ClientBootstrapConsensusAuthorityDownloadInitialDelay
      ClientBootstrapConsensusAuthorityOnlyDownloadInitialDelay
      ClientBootstrapConsensusFallbackDownloadInitialDelay TestingClientConsensusDownloadInitialDelay
      TestingClientDownloadInitialDelay`,
    double: `
      PathBiasExtremeRate PathBiasExtremeUseRate PathBiasNoticeRate PathBiasNoticeUseRate
      PathBiasWarnRate`,
    int: 'PathBiasCircThreshold PathBiasScaleThreshold PathBiasScaleUseThreshold PathBiasUseThreshold',
    interval: `
      CircuitBuildTimeout CircuitsAvailableTimeout CircuitStreamTimeout DormantClientTimeout
      GuardLifetime MaxCircuitDirtiness NewCircuitPeriod SocksTimeout
      TestingClientMaxIntervalWithoutRequest TrackHostExitsExpire`,
    lines: `
      NodeFamily ReachableAddresses ReachableDirAddresses ReachableORAddresses SocksPolicy`,
    ports: `
      DNSPort HTTPTunnelPort NATDPort
      TransPort`,
    'relay-set': 'EntryNodes ExcludeExitNodes ExcludeNodes ExitNodes MiddleNodes',
    string: 'ConfluxClientUX TransProxyType VirtualAddrNetworkIPv4 VirtualAddrNetworkIPv6'
  },
  'control port': {
    boolean: `
      __AllDirActionsPrivate __DisablePredictedCircuits __LeaveStreamsUnattached __ReloadTorrcOnSIGHUP
      ControlPortFileGroupReadable ControlSocketsGroupWritable UnixSocksGroupWritable`,
    lines: '__HashedControlSessionPassword',
    string: '__OwningControllerFD __OwningControllerProcess'
  },
  directory: {
    boolean: `
      DownloadExtraInfo FetchDirInfoEarly FetchDirInfoExtraEarly FetchServerDescriptors
      FetchUselessDescriptors UseDefaultFallbackDirs`,
    bytes: 'MaxUnparseableDescSizeToLog',
    double: 'DirAuthorityFallbackRate',
    lines: 'AlternateDirAuthority'
  },
  'directory authority': {
    boolean: `
      AuthDirHasIPv6Connectivity AuthDirListBadExits AuthDirListMiddleOnly
      AuthDirRejectRequestsUnderLoad AuthDirTestEd25519LinkKeys BridgeAuthoritativeDir
      V3AuthUseLegacyKey VersioningAuthoritativeDirectory`,
    csv: 'AuthDirBadExitCCs AuthDirInvalidCCs AuthDirMiddleOnlyCCs AuthDirRejectCCs',
    filename: 'DirPortFrontPage GuardfractionFile',
    lines: `
      AuthDirBadExit AuthDirInvalid AuthDirMiddleOnly AuthDirReject DirPolicy
      RecommendedClientVersions RecommendedServerVersions RecommendedVersions`,
    'relay-set': 'AuthDirVoteGuard'
  },
  'exit role': {
    autobool: 'RefuseUnknownExits',
    boolean: `
      __SbwsExit AllowNonRFC953Hostnames ExitPolicyRejectLocalInterfaces ExitPolicyRejectPrivate
      ExitPortStatistics ReevaluateExitPolicy ServerDNSAllowBrokenConfig
      ServerDNSAllowNonRFC953Hostnames ServerDNSDetectHijacking ServerDNSRandomizeCase
      ServerDNSSearchDomains`,
    csv: 'ServerDNSTestAddresses',
    filename: 'ServerDNSResolvConfFile'
  },
  'key management': {
    autobool: 'KeyDirectoryGroupReadable'
  },
  'onion services': {
    autobool: 'CompiledProofOfWorkHash',
    boolean: `
      HiddenServiceNonAnonymousMode HiddenServiceSingleHopMode
      PublishHidServDescriptors`,
    lines: `
      HiddenServiceAllowUnknownPorts HiddenServiceDirGroupReadable HiddenServiceExportCircuitID
      HiddenServicePoWDefensesEnabled HiddenServicePoWQueueBurst
      HiddenServicePoWQueueRate`,
    'relay-set': 'HSLayer2Nodes HSLayer3Nodes'
  },
  'pluggable transports': {
    boolean: 'ExtORPortCookieAuthFileGroupReadable',
    filename: 'ExtORPortCookieAuthFile',
    lines: `
      ClientTransportPlugin OutboundBindAddressPT ServerTransportListenAddr ServerTransportOptions
      ServerTransportPlugin`,
    ports: 'ExtORPort',
    string: 'TCPProxy'
  },
  process: {
    autobool: 'CacheDirectoryGroupReadable',
    boolean: `
      __DisableSignalHandlers DataDirectoryGroupReadable DisableAllSwap
      HardwareAccel`,
    filename: 'AccelDir',
    string: 'AccelName'
  },
  relay: {
    boolean: '__AlwaysCongestionControl',
    string: `
      HTTPProxy HTTPProxyAuthenticator HTTPSProxy HTTPSProxyAuthenticator Socks4Proxy Socks5Proxy
      Socks5ProxyPassword Socks5ProxyUsername`
  },
  statistics: {
    autobool: 'GeoIPExcludeUnknown',
    boolean: 'TestingEnableCellStatsEvent TestingEnableConnBwEvent',
    interval: 'RephistTrackTime'
  }
}

export interface KnownOption {
  readonly name: string
  readonly type: OptionType
  readonly feature: Feature
}

function listKnown(): KnownOption[] {
  const out: KnownOption[] = []
  for (const [feature, byType] of Object.entries(NAMES)) {
    for (const [type, names] of Object.entries(byType)) {
      for (const name of names.trim().split(/\s+/)) {
        out.push({name, type: type as OptionType, feature: feature as Feature})
      }
    }
  }
  return out
}

export const knownOptions: readonly KnownOption[] = listKnown()

/** Names that C tor once had and now skips with a warning, whatever their value. */
export const obsoleteOptions: readonly string[] = `
  AllowDotExit AllowInvalidNodes AllowSingleHopCircuits AllowSingleHopExits AlternateHSAuthority
  AuthDirBadDir AuthDirBadDirCCs AuthDirRejectUnlisted AuthDirListBadDirs AuthDirMaxServersPerAuthAddr
  CircuitIdleTimeout ClientAutoIPv6ORPort ControlListenAddress DirListenAddress DisableIOCP
  DisableV2DirectoryInfo_ DynamicDHGroups DNSListenAddress TestingEnableTbEmptyEvent
  TestingEstimatedDescriptorPropagationTime ExcludeSingleHopRelays FallbackNetworkstatusFile
  FastFirstHopPK FetchV2Networkstatus Group HidServDirectoryV2 HiddenServiceAuthorizeClient HidServAuth
  CloseHSClientCircuitsImmediatelyOnTimeout CloseHSServiceRendCircuitsImmediatelyOnTimeout
  AndroidIdentityTag MaxOnionsPending NamingAuthoritativeDirectory NATDListenAddress
  PredictedPortsRelevanceTime WarnUnsafeSocks ORListenAddress PathBiasDisableRate PathBiasScaleFactor
  PathBiasMultFactor PathBiasUseCloseCounts OptimisticData PortForwarding PortForwardingHelper
  PreferTunneledDirConns RecommendedPackages RunTesting SchedulerLowWaterMark__ SchedulerHighWaterMark__
  SchedulerMaxFlushCells__ SocksListenAddress StrictEntryNodes StrictExitNodes Support022HiddenServices
  Tor2webMode Tor2webRendezvousPoints TLSECGroup TransListenAddress TunnelDirConns
  UseEntryGuardsAsDirGuards UseNTorHandshake UserspaceIOCPBuffers V1AuthoritativeDirectory
  V2AuthoritativeDirectory VoteOnHidServDirectoriesV2 UseFilteringSSLBufferevents
  __UseFilteringSSLBufferevents TestingConsensusMaxDownloadTries ClientBootstrapConsensusMaxDownloadTries
  ClientBootstrapConsensusAuthorityOnlyMaxDownloadTries TestingDescriptorMaxDownloadTries
  TestingMicrodescMaxDownloadTries TestingCertMaxDownloadTries`
  .trim()
  .split(/\s+/)
