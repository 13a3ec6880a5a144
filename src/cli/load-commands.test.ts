import { PassThrough } from 'node:stream'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import type { Cli } from './cli.js'
import { exitCodes } from './exit-code.js'
import { loadCommands, sources } from './load-commands.js'

const stdio = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
const cli: Cli = { env: {}, cwd: '/nowhere', stdio, now: () => 0, exitCode: exitCodes.ok, dataLost: false }

const namesOf = async (words: readonly string[]): Promise<readonly string[]> => {
  const program = new Command()
  for (const add of await loadCommands(words)) add(program, cli)
  return program.commands.map((command) => command.name())
}

test.each(sources)('$names are on the page that is loaded for them, and nothing else is', async ({ names }) => {
  for (const name of names) expect(await namesOf(['--json', name, 'list'])).toEqual(names)
})

test.each([[[]], [['--help']], [['help']], [['no-such-command']]])('%j loads every command', async (words) => {
  expect(await namesOf(words)).toEqual(sources.flatMap(({ names }) => names))
})

test('a value that is called like a command loads that one too', async () => {
  expect(await namesOf(['--operator-key-file', 'dev', 'ban', 'list'])).toEqual(['dev', 'ban'])
})
