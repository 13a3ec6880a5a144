import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { run, type Cli } from '../cli.js'
import { exitCodes } from '../exit-code.js'

/** Enough for every HMAC: RFC 7518 section 3.2 asks HS512 for 64 bytes. */
const secretBytes = 64

/** `secret`: a new token secret, for `SALLYPORT_TOKENS_SECRET`. */
export const addSecretCommand = (program: Command, cli: Cli): void => {
  program
    .command('secret')
    .description('print a new random secret for SALLYPORT_TOKENS_SECRET')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const secret = randomBytes(secretBytes).toString('base64url')
        terminal.data({ secret }, secret)
        return Promise.resolve(exitCodes.ok)
      }),
    )
}
