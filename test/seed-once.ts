import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder in which `sallyport db seed` was run. */
    readonly seeded: string
  }
}

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

/** Makes the sample data once, for all tests that begin with them: see `seedFolder`. */
export const setup = async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-seeded-'))
  await promisify(execFile)(process.execPath, [main, 'db', 'seed'], { cwd, env: { PATH: process.env['PATH'] } })
  provide('seeded', cwd)
  return () => rm(cwd, { recursive: true, force: true })
}
