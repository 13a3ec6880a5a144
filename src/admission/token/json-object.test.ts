import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxJsonDepth, parseEncodedJsonObject, parseJsonObject } from './json-object.js'

const parse = (text: string) => parseJsonObject(Buffer.from(text))
const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)

describe('a strict JSON object', () => {
  test('is read as JSON reads it', () => {
    expect(parse(' {"a":[1,{"b":"c:{\\"[\\\\"}],"d":null,"e":-1.5e3}\r\n')).toEqual({ a: [1, { b: 'c:{"[\\' }], d: null, e: -1500 })
    expect(parse('{}')).toEqual({})
  })

  test.each(['', 'null', 'true', '1', '"a"', '[]', '[{"a":1}]', '{', '{"a":1}}', '{"a":1},', "{'a':1}", '{"a":NaN}', '{"a":Infinity}', '{"a":01}', '{"a":1}\0', '{"a":"\n"}'])(
    'is not %j',
    (text) => {
      expect(parse(text)).toBeUndefined()
    },
  )

  test('has no number beyond the finite ones, at any level', () => {
    expect(parse('{"exp":1e999}')).toBeUndefined()
    expect(parse('{"a":[{"b":[-1e999]}]}')).toBeUndefined()
    expect(parse('{"exp":1e308}')).toEqual({ exp: 1e308 })
  })

  test('has no member twice, at any level and however the name is escaped', () => {
    expect(parse('{"a":1,"a":1}')).toBeUndefined()
    expect(parse('{"alg":1,"\\u0061lg":1}')).toBeUndefined()
    expect(parse('{"a":{"b":1,"b":2}}')).toBeUndefined()
    expect(parse('{"a":[{"b":1},{"b":2,"b":2}]}')).toBeUndefined()
    expect(parse('{"__proto__":1,"__proto__":2}')).toBeUndefined()
    expect(parse('{"a":{"b":1},"c":{"b":1}}')).toBeDefined()
  })

  test('nests 32 levels and no more, and a thousand levels do not exhaust the stack', () => {
    expect(parse(nested(maxJsonDepth))).toBeDefined()
    expect(parse(nested(maxJsonDepth + 1))).toBeUndefined()
    expect(parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toBeUndefined()
    expect(parse(`{"a":${JSON.stringify('['.repeat(1000))}}`)).toBeDefined()
  })

  test('is UTF-8 without a byte order mark', () => {
    expect(parseJsonObject(Buffer.from('\ufeff{"a":1}'))).toBeUndefined()
    expect(parseJsonObject(Buffer.from('{"a":"\xff"}', 'latin1'))).toBeUndefined()
    expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined()
    expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined()
    expect(parse('{"نام":"سالی"}')).toEqual({ نام: 'سالی' })
  })

  test('inherits no member at any level, and a member called __proto__ is only a member', () => {
    const object = parse('{"__proto__":{"admin":true},"a":{"b":1}}') ?? {}
    for (const one of [object, object['a'], object['__proto__']])
      for (const name of ['constructor', 'toString', 'hasOwnProperty', '__defineGetter__', '__lookupGetter__']) expect(Reflect.get(Object(one), name)).toBeUndefined()
    expect(object['admin']).toBeUndefined()
    expect('valueOf' in object).toBe(false)
    expect(Object.keys(object)).toEqual(['__proto__', 'a'])
    expect(Reflect.get(Object(parse('{"a":{}}')?.['a']), '__proto__')).toBeUndefined()
    expect(parse('{"constructor":1}')).toEqual({ constructor: 1 })
    expect('admin' in {}).toBe(false)
  })

  test('shares its hidden class with others of the same members, so that reading one is not learnt anew for each token', async () => {
    const program = `
      import { parseJsonObject } from ${JSON.stringify(new URL('json-object.js', import.meta.url).href)}
      const parse = (text) => parseJsonObject(Buffer.from(text))
      console.log(%HaveSameMap(parse('{"sub":"1","exp":1}'), parse('{"sub":"2","exp":2}')))
    `
    const { stdout } = await promisify(execFile)(process.execPath, ['--allow-natives-syntax', '--input-type=module', '--eval', program])
    expect(stdout).toBe('true\n')
  })

  test('is frozen at every level', () => {
    const object = parse('{"a":{"b":[1]}}')
    expect(Object.isFrozen(object)).toBe(true)
    expect(Object.isFrozen(object?.['a'])).toBe(true)
  })

  test('says of every object that JSON writes the same as JSON.parse, when it is not too deep', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 8 })), (object) => {
        const text = JSON.stringify(object)
        expect(JSON.stringify(parse(text))).toBe(JSON.stringify(JSON.parse(text)))
      }),
    )
  })

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: fc.constantFrom(...'{}[]":,\\au0019.eE- ') }).map((text) => Buffer.from(text))), (bytes) => {
        const object = parseJsonObject(Buffer.from(bytes))
        expect(object === undefined || typeof object === 'object').toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('is the same in base64url, whatever the bytes are, how many, and what was read before', () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.json().map((text) => Buffer.from(`{"a":${text}}`)),
      fc.constantFrom('{"a":"\uFFFD"}', '{"a":"\xff"}', `{"a":"${'x'.repeat(9_000)}"}`).map((text) => Buffer.from(text)),
      fc.constant(Buffer.from('{"a":"\xff"}', 'latin1')),
    )
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 4 }), (texts) => {
        for (const text of texts) expect(parseEncodedJsonObject(Buffer.from(text).toString('base64url'))).toEqual(parseJsonObject(Buffer.from(text)))
      }),
    )
  })
})
