import { Option, type Command } from 'commander'
import type { SeedSize } from '../../server/offline.js'
import { load, run, type Cli } from '../cli.js'
import { timeText } from '../describe.js'
import { exitCodes } from '../exit-code.js'
import { addImportCommand } from './db-import.js'
import { seedTalk } from '../seed-talk.js'

/** `db migrate | status | seed | import`, always on the database itself. */
export const addDatabaseCommands = (program: Command, cli: Cli): void => {
  const database = program.command('db').description('the database of this folder')

  database
    .command('migrate')
    .description('bring the database up to date, making it when there is none')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        const { migrateDatabase } = await import('../../server/offline.js')
        const applied = await migrateDatabase(config)
        if (terminal.json || applied.length > 0) terminal.data({ applied }, applied.join('\n'))
        terminal.say(applied.length === 0 ? 'Nothing to do.' : `${config.storage.path} is up to date.`)
        return exitCodes.ok
      }),
    )

  database
    .command('status')
    .description('say what has been applied and what is missing')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        const { databaseStatus } = await import('../../server/offline.js')
        const status = await databaseStatus(config)
        const lines = [
          ...status.applied.map(({ name, appliedAt }) => `applied  ${name}  ${timeText(appliedAt)}`),
          ...status.pending.map((name) => `pending  ${name}`),
        ]
        terminal.data(status, lines.join('\n'))
        if (status.pending.length > 0) terminal.say('Run `sallyport db migrate`.')
        return status.pending.length > 0 ? exitCodes.no : exitCodes.ok
      }),
    )

  database
    .command('seed')
    .description('put sample users and conversations into the database; what is there stays')
    .addOption(
      new Option('--size <size>', 's: 200 conversations; m: 10,000 with 100,000 messages; l: 100,000 with 2 million, minutes and gigabytes')
        .choices(['s', 'm', 'l'])
        .default('s'),
    )
    .action(async ({ size }: { readonly size: SeedSize }, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        if (cli.env['NODE_ENV'] === 'production') await terminal.confirm(`Put sample data into ${config.storage.path}, with NODE_ENV=production?`)
        const { seedDatabase } = await import('../../server/offline.js')
        const workspaces = await seedDatabase(config, size, cli.now(), seedTalk(terminal, cli.now))
        if (terminal.json || workspaces.length > 0) terminal.data({ workspaces }, workspaces.join('\n'))
        terminal.say(workspaces.length === 0 ? 'The sample data is there already.' : `${config.storage.path} holds the sample data.`)
        return exitCodes.ok
      }),
    )

  addImportCommand(database, cli)
}
