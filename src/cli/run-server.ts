import type { StartOptions, RunningServer } from '../server/start-server.js'
import { sentenceOf } from './cli-error.js'
import { exitCodes, type ExitCode } from './exit-code.js'
import type { Terminal } from './terminal.js'

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Resolves with why the server shall stop. The listeners stay, so that a second signal does not cut the drain short. */
const askedToStop = (terminal: Terminal): Promise<{ readonly why: string; readonly fault: boolean }> =>
  new Promise((resolve) => {
    for (const signal of signals) {
      process.on(signal, () => {
        terminal.say(`${signal}: draining; another signal does not make it faster.`)
        resolve({ why: signal, fault: false })
      })
    }
    const failed = (error: unknown): void => {
      terminal.complain(sentenceOf(error))
      resolve({ why: 'fault', fault: true })
    }
    process.on('uncaughtException', failed)
    process.on('unhandledRejection', failed)
  })

/**
 * Runs a server until it is asked to stop, and drains it.
 *
 * @param started - Told once, when it answers.
 * @returns 0 after a clean stop, 3 after an unclean one, 1 when a fault of ours ended it.
 */
export const runServer = async (options: StartOptions, terminal: Terminal, started: (server: RunningServer) => void): Promise<ExitCode> => {
  const stopping = askedToStop(terminal)
  const { startServer } = await import('../server/start-server.js')
  const server = await startServer(options)
  started(server)
  const { why, fault } = await stopping
  const end = await server.stop(why)
  if (fault) return exitCodes.failed
  return end === 'clean' ? exitCodes.ok : exitCodes.unclean
}
