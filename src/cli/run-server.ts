import type { StartOptions, RunningServer } from '../server/start-server.js'
import { sentenceOf } from './cli-error.js'
import { exitCodes, type ExitCode } from './exit-code.js'
import { narrowHeap } from './narrow-heap.js'
import type { Terminal } from './terminal.js'
import { tidyHeap } from './tidy-heap.js'

/** A server reads its keys again at SIGHUP; development ends with its terminal. */
const stopSignals = { serve: ['SIGTERM', 'SIGINT'], dev: ['SIGTERM', 'SIGINT', 'SIGHUP'] } as const

/** Resolves with why the server shall stop. The listeners stay, so that a second signal does not cut the drain short. */
const askedToStop = (terminal: Terminal, mode: StartOptions['mode']): Promise<{ readonly why: string; readonly fault: boolean }> =>
  new Promise((resolve) => {
    for (const signal of stopSignals[mode]) {
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
 * Node takes its listeners of signals down before it has taken down the rest, and a signal that comes in those 10 to 20 ms would end a clean stop as a killed
 * process. An exit that is asked for once nothing is left to do skips all of that.
 */
const ignoreSignalsToTheEnd = (): void => {
  process.once('exit', () => process.exit())
}

/**
 * Runs a server until it is asked to stop, and drains it.
 *
 * @param started - Told once, when it answers.
 * @returns 0 after a clean stop, 3 after an unclean one, 1 when a fault of ours ended it.
 */
export const runServer = async (options: StartOptions, terminal: Terminal, started: (server: RunningServer) => void): Promise<ExitCode> => {
  narrowHeap()
  tidyHeap()
  const stopping = askedToStop(terminal, options.mode)
  const starting = import('../server/start-server.js').then(({ startServer }) => startServer(options))
  if (options.mode === 'serve') {
    process.on('SIGHUP', () => {
      void starting.then(
        (running) => running.reloadKeys(),
        () => undefined,
      )
    })
  }
  const server = await starting
  started(server)
  const { why, fault } = await stopping
  const end = await server.stop(why)
  ignoreSignalsToTheEnd()
  if (fault) return exitCodes.failed
  return end === 'clean' ? exitCodes.ok : exitCodes.unclean
}
