import { expect, test } from 'vitest'
import { jsonFault } from './json-fault.js'

const faultOf = (text: string): string => {
  try {
    JSON.parse(text)
    return 'none'
  } catch (error) {
    return jsonFault(text, error)
  }
}

test.each([
  ['{"a":1,\n "b" 2}', 'its syntax is wrong at line 2, column 6'],
  ['{\n  "a": 1,\n}', 'its syntax is wrong at line 3, column 1'],
  ["{'a': 1}", 'its syntax is wrong at line 1, column 2'],
  ['{"secret":"abc\ndef"}', 'its syntax is wrong at line 1, column 15'],
  ['{} more', 'its syntax is wrong at line 1, column 4'],
  ['{"a": -}', 'its syntax is wrong at line 1, column 8'],
  ['{"a":', 'it ends too early: a bracket, a quote or a value is missing'],
  ['{"a":"b', 'it ends too early: a bracket, a quote or a value is missing'],
  ['{', 'it ends too early: a bracket, a quote or a value is missing'],
  ['', 'it ends too early: a bracket, a quote or a value is missing'],
  // V8 quotes the text here and names no place.
  ['{"secret": s3cret}', 'its syntax is wrong'],
])('of %j it is said: %s', (text, said) => {
  expect(faultOf(text)).toBe(said)
})
