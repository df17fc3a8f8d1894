// The flags that are about keys: `--keygen` and `--key-expiration`, from settings to exit status.

import type {RelayConfig} from '../config/relay-config.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import type {CommandLine} from './cli.ts'
import {DONE, FAILED, fail, print} from './exit-status.ts'
import {signingCertExpiry} from './key-expiration.ts'
import {keygen, printKeygenFault} from './keygen.ts'

export async function runKeyAction(
  action: 'keygen' | 'key-expiration',
  command: CommandLine,
  config: RelayConfig
): Promise<number> {
  const isQuiet = command.quiet !== 'normal'
  if (action === 'keygen') {
    const done = await keygen(config, command.keygen, new Date())
    if (!done.ok) return fail(printKeygenFault(done.fault))
    return isQuiet ? DONE : print(`${done.value.join('\n')}\n`)
  }
  const expiry = await signingCertExpiry(config, command.expirationFormat, new Date())
  if (!expiry.ok) return fail(printDataDirFault(expiry.fault))
  // C tor prints it there, and scripts read it from there.
  process.stderr.write(`signing-cert-expiry: ${expiry.value.text}\n`)
  return expiry.value.isOver ? FAILED : DONE
}
