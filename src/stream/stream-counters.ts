// Totals of the stream layer, plain numbers for the metrics to read.

export interface StreamCounters {
  begin: number
  beginDir: number
  resolve: number
  /** XOFF and XON sent, and the octets that waited to be read at those moments, summed up. */
  xoff: number
  xoffOctets: number
  xon: number
  xonOctets: number
  /** DATA messages that we made, and the octets in them. */
  dataMessages: number
  dataOctets: number
}

export function newStreamCounters(): StreamCounters {
  return {
    begin: 0,
    beginDir: 0,
    resolve: 0,
    xoff: 0,
    xoffOctets: 0,
    xon: 0,
    xonOctets: 0,
    dataMessages: 0,
    dataOctets: 0
  }
}
