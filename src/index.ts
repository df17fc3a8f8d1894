// What `import … from 'ramson'` gives: the parts of ramson in somebody else's process. Nothing here installs a signal handler,
// ends the process, or writes to its output; everything that is opened has a `close`. docs/library.md is the guide.

export {
  type ConnectOnionOptions,
  connectOnion,
  createOnionClient,
  type OnionClient,
  type OnionClientOptions,
  type OnionTarget
} from './app/library/connect-onion.ts'
export {
  createNetwork,
  type Network,
  type NetworkOptions,
  type NetworkRelay
} from './app/library/create-network.ts'
export {
  createOnionService,
  type OnionPortTarget,
  type OnionService,
  type OnionServiceOptions
} from './app/library/create-onion-service.ts'
export {createRelay, type Relay, type RelayOptions} from './app/library/create-relay.ts'
export {RamsonError, type RamsonErrorCode} from './app/library/errors.ts'
export type {LogMessage, LogOptions, LogSeverity} from './app/library/log.ts'
export type {TorNetwork} from './app/library/tor-network.ts'
