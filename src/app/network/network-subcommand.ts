// `ramson network …` from its words to its exit status.

import {fail, print} from '../exit-status.ts'
import {networkHelpText, parseNetworkCommand} from './network-command.ts'

export async function runNetworkCommand(words: readonly string[]): Promise<number> {
  const command = parseNetworkCommand(words)
  if (!command.ok)
    return fail(`${command.fault.data?.message ?? command.fault.code} See ramson network --help.`)
  if (command.value.action === 'help') return print(networkHelpText())
  const {runNetwork} = await import('./run-network.ts')
  return runNetwork(command.value)
}
