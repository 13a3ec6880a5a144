import { expect, test } from 'vitest'
import { createPush } from './push.js'

test.each([
  ['ephemaral', '"ephemaral"'],
  ['toString', '"toString"'],
  [undefined, 'undefined'],
  [{ type: 'unread' }, 'a value of type object'],
])('[S5] a push of the class %j is none: no outbox would know what may happen to it', (pushClass, shown) => {
  const create = (): void => {
    Reflect.apply(createPush, undefined, [pushClass, { type: 'unread' }])
  }
  expect(create).toThrow(`Cannot create a push as its class must be one of critical, state, ephemeral: current value is ${shown}`)
})
