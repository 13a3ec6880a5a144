import type { Command } from 'commander'
import { version } from '../../server/version.js'
import { parsePort } from '../arguments.js'
import { load, run, type Cli } from '../cli.js'
import { runServer } from '../run-server.js'

/** `serve`: the server as configured; it refuses to start without a secret, keys or issuers. */
export const addServeCommand = (program: Command, cli: Cli): void => {
  program
    .command('serve')
    .description('start the server as configured')
    .option('--port <number>', 'public port', parsePort)
    .action(async ({ port }: { readonly port?: number }, command: Command) =>
      run(cli, command, async (terminal) => {
        const loadAgain = () => load(cli, 'serve', { 'listen.port': port })
        const { config, warnings, keyFiles } = await loadAgain()
        return runServer({ config, mode: 'serve', warnings, reload: { load: loadAgain, files: keyFiles } }, terminal, ({ publicUrl, internalUrl }) => {
          terminal.say(`Sallyport ${version}: public ${publicUrl}, internal ${internalUrl}`)
        })
      }),
    )
}
