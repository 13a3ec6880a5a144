import { type Engine, type EngineOptions, openEngine } from '../engine.js'
import type { procedures } from './procedures.js'

export type TestEngine = Engine<typeof procedures>

/** An engine whose writer knows the procedures of tests, on a temporary file unless told otherwise. */
export const openTestEngine = (options: Partial<EngineOptions> = {}): Promise<TestEngine> =>
  openEngine<typeof procedures>({ path: ':temporary:', ...options }, new URL('./procedures.js', import.meta.url))
