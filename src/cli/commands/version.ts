import { arch, platform, version as node } from 'node:process'
import type { Command } from 'commander'
import { version } from '../../server/version.js'
import { run, type Cli } from '../cli.js'
import { exitCodes } from '../exit-code.js'

/** `version`: of this program, not of a running server. */
export const addVersionCommand = (program: Command, cli: Cli): void => {
  program
    .command('version')
    .description('print the version of this program')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        terminal.data({ version, node, platform, arch }, version)
        return Promise.resolve(exitCodes.ok)
      }),
    )
}
