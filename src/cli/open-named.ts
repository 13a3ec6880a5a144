import { open, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Cli } from './cli.js'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'

/**
 * Opens the file that an argument names, to be read.
 *
 * @throws CliError (usage) when it isn't there, is a folder, or may not be read.
 */
export const openNamed = async ({ cwd }: Cli, path: string): Promise<FileHandle> => {
  const file = await open(resolve(cwd, path), 'r').catch(() => undefined)
  // A folder can be opened, and not be read.
  if (file !== undefined && !(await file.stat()).isDirectory()) return file
  await file?.close()
  throw new CliError(`Cannot read ${path}: name a file that is there, or - for stdin.`, exitCodes.usage)
}
