import type { Command } from 'commander'
import type { ReplaySummary } from '../../server/replay/replay-lines.js'
import { load, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { table } from '../describe.js'
import { exitCodes } from '../exit-code.js'
import { readLines } from '../read-lines.js'
import { visible } from '../terminal.js'

interface ReplayOptions {
  readonly config?: string
  readonly dev?: boolean
}

/** Bad lines that are named one by one; the others are only counted. */
const namedBadLines = 20

const countsOf = (title: string, counts: Readonly<Record<string, number>>): readonly string[] => {
  const rows = Object.entries(counts).toSorted(([, a], [, b]) => b - a)
  return rows.length === 0 ? [] : [title, table(rows.map(([name, count]) => [`  ${name}`, String(count)]))]
}

const describe = (summary: ReplaySummary): string => {
  const { decisions, same, identical, changed, newlyAdmitted, newlyRefused, undecided, before, after, undecidedAt, flips } = summary
  const totals = table([
    ['decisions', String(decisions)],
    ['same', `${same}, of which ${identical} to the last bit`],
    ['newly admitted', String(newlyAdmitted)],
    ['newly refused', String(newlyRefused)],
    ['changed otherwise', String(changed)],
    ['undecided', String(undecided)],
  ])
  const changes = flips.map(({ from, to, count, first }) => [`  ${from}`, `→ ${to}`, String(count), `such as ${first[0] ?? ''}`])
  return [totals, ...countsOf('answers then', before), ...countsOf('answers now', after), ...(changes.length === 0 ? [] : ['changes', table(changes)]), ...countsOf('undecided at', undecidedAt)].join('\n')
}

/** `replay`: recorded decisions, made again by another configuration. */
export const addReplayCommand = (program: Command, cli: Cli): void => {
  program
    .command('replay')
    .description('make recorded decisions again by a configuration, and count which would be other ones')
    .argument('<file>', 'what `sallyport --json tail` printed; - for stdin')
    .option('--config <file>', "keys that are laid over this folder's configuration")
    .option('--dev', 'by the rules of `sallyport dev`')
    .action(async (source: string, { config: over, dev = false }: ReplayOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool', {}, over)
        const lines = await readLines(cli, source)
        const [{ createReplay }, { replayLines }] = await Promise.all([import('../../server/replay/replay-decision.js'), import('../../server/replay/replay-lines.js')])
        let bad = 0
        const summary = await replayLines(lines, {
          replay: createReplay(config, dev),
          onBadLine(line, fault) {
            bad += 1
            if (bad <= namedBadLines) terminal.complain(`line ${line}: ${visible(fault)}`)
          },
          onProgress(decisions) {
            terminal.say(`${decisions} decisions read`)
          },
        })
        terminal.data(summary, describe(summary))
        if (summary.dropped > 0) terminal.say(`The recording misses ${summary.dropped} decisions: they came faster than they were read.`)
        if (summary.bad > 0) throw new CliError(`${summary.bad} lines hold no decision.`)
        return summary.newlyAdmitted + summary.newlyRefused + summary.changed + summary.undecided === 0 ? exitCodes.ok : exitCodes.no
      }),
    )
}
