import { expect, test } from 'vitest'
import { configOf } from '../replay/testing/recorded-traffic.js'
import { readCondition } from './condition.js'

test('a range of trusted proxies is told as the range it means, so that one of all IPv4 in the spelling of IPv6 looks as wide as it is', async () => {
  const config = await configOf({ trustedProxies: '::ffff:0.0.0.0/96,10.1.2.3/8,2001:DB8::1' })
  expect((await readCondition(config, 'production', 0)).trustedProxies).toEqual(['0.0.0.0/0', '10.0.0.0/8', '2001:db8::1'])
})
