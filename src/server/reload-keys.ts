import { unwatchFile, watchFile, type Stats } from 'node:fs'
import type { Gate } from '../gate.js'
import type { LoadedConfig } from './config/load-config.js'
import type { Log } from './log/create-log.js'

/** How often the files are looked at, in milliseconds: with the reading itself a change is in force within a second. */
const lookMs = 400

/** Reloads the keys of a running server. */
export interface KeyReload {
  /** Reads the configuration again and puts its issuers in force; when it is wrong, the keys stay and one line says why. Never rejects. */
  reload(): Promise<void>
  stop(): void
}

/** Watches the files that hold keys; files are looked at, not listened to, because editors and orchestrators put new ones in their place. */
export const createKeyReload = (load: () => Promise<LoadedConfig>, files: readonly string[], gate: Pick<Gate, 'issuers'>, log: Log): KeyReload => {
  let running = Promise.resolve()
  let refusal: string | undefined

  const attempt = async (): Promise<void> => {
    try {
      const { config, warnings } = await load()
      const said = await gate.issuers.replace(config.tokens.issuers)
      log.write('info', { event: 'keys', issuer: 'all', state: 'reloaded', detail: `${String(config.tokens.issuers.length)} issuers; other keys of the configuration need a restart` })
      for (const detail of [...warnings, ...said]) log.write('warn', { event: 'warning', detail })
      refusal = undefined
    } catch (error) {
      const detail = error instanceof Error ? error.message.replaceAll(/\n\s*/g, ' ') : 'unknown'
      // A file that stays broken is said once, however often it is looked at.
      if (detail !== refusal) log.write('error', { event: 'keys', issuer: 'all', state: 'refused', detail })
      refusal = detail
    }
  }

  const reload = (): Promise<void> => (running = running.then(attempt))

  const looked = (now: Stats, before: Stats): void => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) void reload()
  }
  for (const file of files) watchFile(file, { interval: lookMs, persistent: false }, looked)
  return {
    reload,
    stop() {
      for (const file of files) unwatchFile(file, looked)
    },
  }
}
