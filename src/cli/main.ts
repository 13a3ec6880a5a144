#!/usr/bin/env node
import process, { argv, cwd, env, stderr, stdin, stdout } from 'node:process'
import { sentenceOf } from './cli-error.js'
import { exitCodes } from './exit-code.js'
import { runProgram } from './program.js'

// A reader that goes away early, such as `head`, is no fault.
for (const stream of [stdout, stderr]) stream.on('error', () => undefined)

try {
  process.exitCode = await runProgram(argv.slice(2), { env, cwd: cwd(), stdio: { stdin, stdout, stderr }, now: Date.now, exitCode: exitCodes.ok })
} catch (error) {
  stderr.write(`${sentenceOf(error)}\n`)
  process.exitCode = exitCodes.failed
}

// A pipe that nobody reads would keep a finished process alive for ever.
setTimeout(() => process.exit(), 1_000).unref()
