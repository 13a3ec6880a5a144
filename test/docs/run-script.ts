import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../server/run-cli.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What a script of a page prints on both streams, with `sallyport` as a command. Nobody is there to ask, and nothing is read from the script itself. */
export const runScript = (script: string, cwd: string, env: Environment): Promise<string> => {
  const child = spawn('sh', ['-s'], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'pipe' })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  child.stdin.end(`sallyport() { '${process.execPath}' '${main}' "$@"; }\n{\n${script}\n} </dev/null\n`)
  return new Promise((resolve) => {
    child.on('close', () => {
      resolve(text)
    })
  })
}
