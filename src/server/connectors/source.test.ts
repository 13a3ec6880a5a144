import { expect, test } from 'vitest'
import { connectorSources } from './source.js'

const one = { name: 'shop', workspace: '1', secrets: ['connector-secret-'.padEnd(40, 'q7Zk')] }
const faults = (sources: readonly unknown[]): readonly string[] => connectorSources.safeParse(sources).error?.issues.map(({ message }) => message) ?? []

test.each(['https://shop.example/hook?key=1', 'http://127.0.0.1:9000/', 'http://localhost/a', 'http://[::1]:9000/'])('%s may be an outbound address', (url) => {
  expect(faults([{ ...one, outbound: { url } }])).toEqual([])
})

test.each(['http://shop.example/', 'http://10.0.0.5/', 'https://me@shop.example/', 'https://me:secret@shop.example/', 'https://shop.example/#a', 'ftp://shop.example/', 'file:///etc/passwd', '/hook', ''])(
  '%j may not',
  (url) => {
    expect(faults([{ ...one, outbound: { url } }])).toEqual(['must be an https address without user and fragment; http for loopback only'])
  },
)

test('one source of one workspace has one outbound address', () => {
  const outbound = { url: 'https://shop.example/' }
  const twice = (rest: object) => faults([{ ...one, outbound }, { ...one, name: 'other', source: 'shop', outbound, ...rest }])
  expect(twice({})).toEqual(['has two outbound addresses for one source of one workspace'])
  expect(twice({ workspace: '2' })).toEqual([])
  expect(twice({ source: undefined })).toEqual([])
  expect(twice({ outbound: undefined })).toEqual([])
})
