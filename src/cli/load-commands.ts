import type { Command } from 'commander'
import type { Cli } from './cli.js'

type Add = (program: Command, cli: Cli) => void

interface Source {
  /** First words of the command lines that it answers. */
  readonly names: readonly string[]
  readonly load: () => Promise<Add>
}

/** Every command and the page it stands on, in the order of the help. A command line loads the page it names, as most of its time is loading. */
export const sources: readonly Source[] = [
  { names: ['dev'], load: async () => (await import('./commands/dev.js')).addDevCommand },
  { names: ['serve'], load: async () => (await import('./commands/serve.js')).addServeCommand },
  { names: ['config'], load: async () => (await import('./commands/config.js')).addConfigCommands },
  { names: ['secret'], load: async () => (await import('./commands/secret.js')).addSecretCommand },
  { names: ['token'], load: async () => (await import('./commands/token.js')).addTokenCommands },
  { names: ['explain'], load: async () => (await import('./commands/explain.js')).addExplainCommand },
  { names: ['tail'], load: async () => (await import('./commands/tail.js')).addTailCommand },
  { names: ['replay'], load: async () => (await import('./commands/replay.js')).addReplayCommand },
  { names: ['dry-run'], load: async () => (await import('./commands/dry-run.js')).addDryRunCommand },
  { names: ['audit', 'undo'], load: async () => (await import('./commands/audit.js')).addAuditCommands },
  { names: ['operator'], load: async () => (await import('./commands/operator.js')).addOperatorCommands },
  { names: ['ban'], load: async () => (await import('./commands/ban.js')).addBanCommands },
  { names: ['user'], load: async () => (await import('./commands/user.js')).addUserCommands },
  { names: ['sessions'], load: async () => (await import('./commands/sessions.js')).addSessionCommands },
  { names: ['db'], load: async () => (await import('./commands/db.js')).addDatabaseCommands },
  { names: ['doctor'], load: async () => (await import('./commands/doctor.js')).addDoctorCommand },
  { names: ['info'], load: async () => (await import('./commands/info.js')).addInfoCommand },
  { names: ['version'], load: async () => (await import('./commands/version.js')).addVersionCommand },
]

/**
 * Loads what a command line may mean: each command that one of its words names, or all of them when none does.
 *
 * A word that is no command but the value of an option, such as a file called `dev`, only loads more than is needed.
 */
export const loadCommands = (words: readonly string[]): Promise<readonly Add[]> => {
  const meant = sources.filter(({ names }) => names.some((name) => words.includes(name)))
  return Promise.all((meant.length > 0 ? meant : sources).map(({ load }) => load()))
}
