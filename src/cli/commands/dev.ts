import { platform, versions } from 'node:process'
import type { Command } from 'commander'
import { version } from '../../server/version.js'
import { parsePort } from '../arguments.js'
import { load, run, type Cli } from '../cli.js'
import { developmentBlock } from '../development-block.js'
import { runServer } from '../run-server.js'

interface DevOptions {
  readonly as?: string
  readonly reset?: boolean
  readonly lively?: boolean
  readonly port?: number
}

/** `dev`: a server on loopback with sample data, nothing to edit. */
export const addDevCommand = (program: Command, cli: Cli): void => {
  program
    .command('dev')
    .description('start a development server with sample data; bad tokens are refused as in production')
    .option('--as <email>', 'let in everybody without a good token as this user: the classic development mode')
    .option('--reset', 'begin with new sample data')
    .option('--lively', 'let sample customers write')
    .option('--port <number>', 'public port', parsePort)
    .action(async ({ as, reset, lively, port }: DevOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config, warnings } = await load(cli, 'dev', { 'listen.port': port, 'development.user': as })
        const standIn = config.development.user
        return runServer({ config, mode: 'dev', developmentUser: standIn, reset, lively, warnings }, terminal, ({ publicUrl, internalUrl, samples }) => {
          const nodeMajor = Number(versions.node.split('.')[0])
          terminal.say(developmentBlock({ version, publicUrl, internalUrl, agentTokens: samples?.agentTokens ?? [], password: samples?.password, standIn, nodeMajor, platform }))
        })
      }),
    )
}
