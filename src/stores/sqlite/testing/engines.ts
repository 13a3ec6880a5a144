import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, type EngineOptions, openEngine } from '../engine.js'
import { migrate } from '../migrate.js'
import type { procedures } from './procedures.js'

export type TestEngine = Engine<typeof procedures>

/** Opens engines whose writer knows the procedures of tests, and puts everything away afterwards. */
export interface Engines {
  /** On a temporary file unless told otherwise; without a schema. */
  open(options?: Partial<EngineOptions>): Promise<TestEngine>
  /** The same, with the schema. */
  openMigrated(options?: Partial<EngineOptions>): Promise<TestEngine>
  /** A path in a new folder, with no file there yet. */
  newPath(): Promise<string>
  closeAll(): Promise<void>
}

export const createEngines = (): Engines => {
  const open = new Set<TestEngine>()
  const folders = new Set<string>()

  const engines: Engines = {
    async open(options = {}) {
      // Patient, so that a busy machine is no failure; tests of deadlines name their own.
      const patient = { path: ':temporary:', deadlineMs: 15_000, ...options }
      const engine = await openEngine<typeof procedures>(patient, new URL('./procedures.js', import.meta.url))
      open.add(engine)
      return engine
    },
    async openMigrated(options) {
      const engine = await engines.open(options)
      await migrate(engine)
      return engine
    },
    async newPath() {
      const folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
      folders.add(folder)
      return join(folder, 'sallyport.db')
    },
    async closeAll() {
      await Promise.all(Array.from(open, (engine) => engine.close()))
      open.clear()
      await Promise.all(Array.from(folders, (folder) => rm(folder, { recursive: true, force: true })))
      folders.clear()
    },
  }
  return engines
}
