import { expect, test } from 'vitest'
import { checkForwarded } from './forwarded.js'

const fields = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto']

test.each(fields)('[A5] %s is refused where nobody may forward, even when it is empty', (field) => {
  expect(checkForwarded({ [field]: [''] }, true)).toMatchObject({ reason: 'bad_forwarding', detail: `development mode refuses ${field}` })
  expect(checkForwarded({ [field]: ['127.0.0.1'] }, false)).toBeUndefined()
})

test('other fields forward nothing', () => {
  expect(checkForwarded({ 'via': ['1.1 proxy'], 'x-forwarded': ['a'] }, true)).toBeUndefined()
})
