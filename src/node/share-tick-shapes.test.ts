import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

/** Asks V8 whether a tick of Node's has the class of those that were made, soon and when ticks are made by compiled code. */
const program = `
  import { executionAsyncResource } from 'node:async_hooks'
  import { shareTickShapes } from ${JSON.stringify(new URL('share-tick-shapes.js', import.meta.url).href)}
  const [mine, another] = shareTickShapes()
  const tick = () => new Promise((resolve) => process.nextTick(() => resolve(executionAsyncResource())))
  const isMine = (other) => %HaveSameMap(mine, other)
  const found = [isMine(another), isMine(await tick())]
  for (let turn = 0; turn < 100; turn += 1) {
    for (let more = 0; more < 1_000; more += 1) process.nextTick(() => {})
    await new Promise(setImmediate)
  }
  console.log(JSON.stringify([...found, isMine(await tick())]))
`

test.runIf(Number.parseInt(process.versions.v8, 10) < 12)('all ticks share one hidden class, those that compiled code makes too', async () => {
  const { stdout } = await run(process.execPath, ['--allow-natives-syntax', '--input-type=module', '--eval', program])
  expect(JSON.parse(stdout)).toEqual([true, true, true])
})
