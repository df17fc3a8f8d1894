// The totals of a data plane, all zero.

import type {DataPlaneCounters} from './contract.ts'

export function newCounters(): DataPlaneCounters {
  return {
    cellsReceived: 0,
    cellsSent: 0,
    relayCellsOutbound: 0,
    relayCellsInbound: 0,
    relayCellsRecognized: 0,
    relayCellsOriginated: 0,
    relayCellsDropped: 0,
    relayCellsSpliced: 0,
    destroyCellsSent: 0,
    violations: 0,
    bytesRead: 0,
    bytesWritten: 0,
    reads: 0,
    writes: 0,
    readsLimited: 0,
    writesLimited: 0,
    handshakesFailed: 0,
    handshakesRefused: 0,
    linksRefused: 0,
    linksClosedByPeer: 0,
    linksBroken: 0,
    linksMalformed: 0,
    linksAlerted: 0,
    channelsOpened: 0,
    channelsClosed: 0,
    paddingCellsSent: 0,
    paddingCellsReceived: 0,
    enabledCellsReceived: 0,
    enabledCellsSent: 0,
    enabledPaddingReceived: 0,
    enabledPaddingSent: 0,
    outboxOverflows: 0,
    octetsShed: 0,
    shardsLost: 0,
    messagesCrossed: 0
  }
}
