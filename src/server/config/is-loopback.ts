import { isIPv4 } from 'node:net'

/** Whether a host (an address, `localhost`, or either as a URL has it) is reached from this machine only. */
export const isLoopback = (host: string): boolean => {
  const name = host.toLowerCase()
  return name === 'localhost' || name === '::1' || name === '[::1]' || (name.startsWith('127.') && isIPv4(name))
}
