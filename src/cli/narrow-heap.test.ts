import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** Allocates what lives for a while, as connections do, and says how many MiB the old part of the heap took at most. */
const churn = `
import { getHeapSpaceStatistics } from 'node:v8'
const kept = Array.from({ length: 200_000 }, (_, index) => ({ index }))
const lived = []
let most = 0
for (let round = 0; round < 300; round += 1) {
  for (let index = 0; index < 20_000; index += 1) lived[(round % 10) * 20_000 + index] = { index, text: 'connection ' + index, more: [index, index, index, index] }
  most = Math.max(most, getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_size)
}
console.log(most / 2 ** 20, kept.length)`

const run = (code: string): Promise<{ readonly stdout: string; readonly stderr: string }> => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])

/** From version 12 on (Node 22) V8 keeps such a heap as narrow by itself. */
const growsWide = Number.parseInt(process.versions.v8, 10) < 12

test('H14: the heap of a server whose connections come and go is narrow, by a flag that this V8 knows', async () => {
  const narrow = await run(`import { narrowHeap } from ${JSON.stringify(new URL('narrow-heap.js', import.meta.url).href)}\nnarrowHeap()\n${churn}`)
  const usual = await run(churn)
  expect([narrow.stderr, usual.stderr]).toEqual(['', ''])
  // Over half of the usual is in use.
  expect(Number.parseFloat(narrow.stdout)).toBeLessThan(Number.parseFloat(usual.stdout) * (growsWide ? 0.85 : 1.15))
})
