import { expect, test } from 'vitest'
import { serviceLinks } from './service-links.js'

test('the names of a service called sallyport are no keys of ours', () => {
  const links = {
    SALLYPORT_SERVICE_HOST: '10.0.0.1', SALLYPORT_SERVICE_PORT: '4400', SALLYPORT_SERVICE_PORT_HTTP: '4400', SALLYPORT_PORT: 'tcp://10.0.0.1:4400',
    SALLYPORT_PORT_4400_TCP: 'tcp://10.0.0.1:4400', SALLYPORT_PORT_4400_TCP_PROTO: 'tcp', SALLYPORT_PORT_4400_TCP_PORT: '4400', SALLYPORT_PORT_4400_TCP_ADDR: '10.0.0.1',
    SALLYPORT_INTERNAL_SERVICE_HOST: '10.0.0.2', SALLYPORT_INTERNAL_SERVICE_PORT: '4480', SALLYPORT_INTERNAL_PORT: 'tcp://10.0.0.2:4480',
  }
  expect(serviceLinks({ ...links, SALLYPORT_LISTEN_PORT: '4400', OTHER_PORT: 'tcp://10.0.0.3:1' })).toEqual(new Set(Object.keys(links)))
})

test('a port somebody set by hand is no service link, and neither is a mistyped one', () => {
  expect(serviceLinks({ SALLYPORT_INTERNAL_PORT: '4480', SALLYPORT_PORT: '4400', SALLYPORT_SERVICE_PORT: '4400' })).toEqual(new Set())
})
