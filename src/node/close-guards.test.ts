import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { guardClose } from './close-guards.js'

const connection = () => {
  const errors: unknown[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, done) {
      done()
    },
  })
  duplex.on('error', (error) => errors.push(error))
  return { duplex, errors }
}

const closed = (duplex: Duplex): Promise<void> => new Promise((resolve) => duplex.once('close', resolve))

test('ending what has ended makes no error, and the connection is dropped once our side is written', async () => {
  const { duplex, errors } = connection()
  guardClose(duplex)
  duplex.end('farewell')
  expect(duplex.end('once more')).toBe(duplex)
  duplex.end()
  await closed(duplex)
  expect([errors, duplex.destroyed]).toEqual([[], true])
})

test('without the guard it does make one, so the guard is for something', async () => {
  const { duplex, errors } = connection()
  duplex.end('farewell')
  duplex.end('once more')
  await new Promise((resolve) => setImmediate(resolve))
  expect(errors).toHaveLength(1)
})
