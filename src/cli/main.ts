#!/usr/bin/env node
import process, { argv, cwd, env, stderr, stdin, stdout } from 'node:process'
import type { Cli } from './cli.js'
import { sentenceOf } from './cli-error.js'
import { exitCodes } from './exit-code.js'
import { runProgram } from './program.js'

// A reader that goes away early, such as `head`, is no fault.
for (const stream of [stdout, stderr]) stream.on('error', () => undefined)

const cli: Cli = { env, cwd: cwd(), stdio: { stdin, stdout, stderr }, now: Date.now, exitCode: exitCodes.ok, dataLost: false }
// What a stream does not take it may say after the command is done.
process.once('exit', () => {
  if (cli.dataLost && process.exitCode === exitCodes.ok) process.exitCode = exitCodes.failed
})

try {
  process.exitCode = await runProgram(argv.slice(2), cli)
} catch (error) {
  stderr.write(`${sentenceOf(error)}\n`)
  process.exitCode = exitCodes.failed
}

// A pipe that nobody reads would keep a finished process alive for ever.
setTimeout(() => process.exit(), 1_000).unref()
