import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// Debian's own interpreter: another `python3` on the path would not see Debian's packages.
const python = '/usr/bin/python3'

/** A client in Python that reads one question from stdin and writes one answer to stdout, both JSON; `--version` says whether it can run. */
export interface PythonClient {
  /** Whether what it imports is there. */
  readonly installed: boolean
  /** The loop has to stay free while the client runs, as the server's output is read by it. */
  ask(question: object): Promise<unknown>
}

/** @param name - Of its script in this folder. */
export const pythonClient = (name: string): PythonClient => {
  const script = fileURLToPath(new URL(name, import.meta.url))
  return {
    installed: spawnSync(python, [script, '--version'], { encoding: 'utf8', timeout: 30_000 }).status === 0,
    ask: (question) =>
      new Promise((resolve, reject) => {
        const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] })
        let stdout = ''
        let stderr = ''
        child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
        child.on('close', (code) => {
          if (code === 0) resolve(JSON.parse(stdout))
          else reject(new Error(`The client failed: ${stderr}`))
        })
        child.stdin.end(JSON.stringify(question))
      }),
  }
}
