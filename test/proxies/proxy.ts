import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const works = (command: string, words: readonly string[]): boolean => spawnSync(command, words, { timeout: 30_000 }).status === 0

/** Debian's own proxies; nothing is downloaded. */
export const proxiesInstalled = works('nginx', ['-v']) && works('haproxy', ['-v'])

export const proxiesRemedy = 'apt-get install nginx haproxy'

export interface Proxy {
  stop(): Promise<void>
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1')
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => {
      resolve(false)
    })
  })

/** Runs a proxy in a folder of its own until it is stopped; it is there when all its ports answer on 127.0.0.1. */
const startProxy = async (file: string, text: string, command: string, words: (folder: string) => readonly string[], ports: readonly number[]): Promise<Proxy> => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-proxy-'))
  await writeFile(join(folder, file), text)
  const child = spawn(command, words(folder), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said = `${said}${part}`.slice(-4_000)))
  const ended = new Promise((resolve) => child.on('close', resolve))
  for (const port of ports) {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${command} ended: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Starts nginx with these lines in its `http` block. */
export const startNginx = (http: string, ports: readonly number[]): Promise<Proxy> => {
  const text = `daemon off; worker_processes 1; pid nginx.pid; error_log error.log; events {}\nhttp {\n access_log off;\n${http}\n}\n`
  return startProxy('nginx.conf', text, 'nginx', (folder) => ['-p', folder, '-e', 'error.log', '-c', 'nginx.conf'], ports)
}

/** Starts HAProxy with these sections behind its defaults. */
export const startHaproxy = (sections: string, ports: readonly number[]): Promise<Proxy> => {
  const text = `defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n timeout tunnel 1h\n${sections}\n`
  return startProxy('haproxy.cfg', text, 'haproxy', () => ['-db', '-f', 'haproxy.cfg'], ports)
}

/** What nginx needs to hand an upgrade on, as in our guide. */
export const upgradeLines = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_set_header Host $host;'
