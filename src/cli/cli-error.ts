import { exitCodes, type ExitCode } from './exit-code.js'

/** The command cannot go on; the message is for the person who typed it. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = exitCodes.failed) {
    super(message)
    this.exitCode = exitCode
  }
}

const ownCodes = new Set(['ERR_CONFIG', 'ERR_START', 'ERR_DATABASE_OPEN', 'ERR_OPERATOR_KEY', 'ERR_CONFLICT', 'ERR_RECORD_VERSION', 'ERR_STORE_UNAVAILABLE'])

const fileRemedies: Readonly<Record<string, string>> = {
  EACCES: 'this user may not; change its owner or mode, or set SALLYPORT_DATA_DIR to another folder',
  EPERM: 'this user may not; change its owner or mode, or set SALLYPORT_DATA_DIR to another folder',
  EROFS: 'the file system is read-only; set SALLYPORT_DATA_DIR to a folder that can be written',
  ENOTDIR: 'a part of it is a file; set SALLYPORT_DATA_DIR to another folder',
  EEXIST: 'a file is in its way; set SALLYPORT_DATA_DIR to another folder',
  ENOSPC: 'the disk is full; free some space',
  ENOENT: 'it does not exist',
  EISDIR: 'it is a folder; name a file',
}

const textOf = (error: object, field: 'code' | 'path'): string => {
  const value: unknown = Reflect.get(error, field)
  return typeof value === 'string' ? value : ''
}

/** One line with the remedy for whatever was thrown; never a stack. Configuration errors have a line for each problem. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'Unexpected failure'
  const code = textOf(error, 'code')
  if (error instanceof CliError || ownCodes.has(code)) return error.message
  const path = textOf(error, 'path')
  const remedy = fileRemedies[code]
  if (path !== '' && remedy !== undefined) return `Cannot use ${path}: ${remedy}`
  const [line = ''] = error.message.split('\n')
  if (line.startsWith('Cannot ')) return line
  return `Unexpected failure: ${error.name}${line === '' ? '' : `: ${line}`}`
}
