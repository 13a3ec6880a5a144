import { expect, test } from 'vitest'
import { isLoopbackHost } from '../http/loopback-host.js'
import { isLoopback } from './is-loopback.js'

test.each(['localhost', 'LocalHost', '127.0.0.1', '127.255.0.9', '::1', '[::1]'])('%s is reached from this machine only', (host) => {
  expect(isLoopback(host)).toBe(true)
})

test.each(['', '0.0.0.0', '::', '[::]', '127.0.0', '127.0.0.01', '127.0.0.256', '127.0.0.1.example', 'localhost.example', '128.0.0.1', '::ffff:127.0.0.1'])(
  '%j may be reached from elsewhere',
  (host) => {
    expect(isLoopback(host)).toBe(false)
  },
)

test.each(['localhost:4480', '127.0.0.1', '127.0.0.1:4480', '[::1]', '[::1]:4480'])('the Host header %s names this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(true)
})

test.each(['', ':4480', '::1', '::1:4480', '127.0.0.1:', '127.0.0.1:123456', '127.0.0.1:4480:1', ' localhost', 'localhost\n', 'evil.example', '[::1', 'localhost:80@evil.example'])(
  'the Host header %j does not',
  (host) => {
    expect(isLoopbackHost(host)).toBe(false)
  },
)
