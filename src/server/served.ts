import type { Config } from './config/config.js'

/** To whom the public port answers. */
export interface Served {
  /** `undefined` serves every well-formed Host. */
  readonly hosts: readonly string[] | undefined
  readonly origins: readonly string[]
}

/** Without a list of origins no page is answered; development adds its own pages and Hosts. */
export const servedBy = (config: Config, development: boolean, port: number): Served => {
  const loopbackHosts = ['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${String(port)}`)
  const ownOrigins = loopbackHosts.map((host) => `http://${host}`)
  return {
    hosts: config.hosts ?? (development ? loopbackHosts : undefined),
    origins: [...(config.origins ?? []), ...(development ? ownOrigins : [])],
  }
}
