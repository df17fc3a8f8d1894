// One GET request to a port of a running node on this machine: a host and port, or a Unix socket.

import {request} from 'node:http'

export type LocalAddress = {readonly host: string; readonly port: number} | {readonly path: string}

export interface Answer {
  readonly status: number
  readonly body: string
}

const TIMEOUT_MS = 5_000
/** Far more than a node with many services has to tell. */
const BODY_MAX = 16 << 20

/** Undefined when nobody answers in time, or with more than that. */
export function ask(address: LocalAddress, path: string): Promise<Answer | undefined> {
  const where = 'path' in address ? {socketPath: address.path} : {host: address.host, port: address.port}
  return new Promise(resolve => {
    const asked = request({...where, path, timeout: TIMEOUT_MS, agent: false}, response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > BODY_MAX) asked.destroy()
      })
      response.on('end', () => resolve({status: response.statusCode ?? 0, body}))
      response.on('error', () => resolve(undefined))
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.on('close', () => resolve(undefined))
    asked.end()
  })
}

/** What to connect to for a port that listens on every address. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

export function addressText(address: LocalAddress): string {
  if ('path' in address) return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
