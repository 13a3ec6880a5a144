import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createHeapTidier } from './tidy-heap.js'

const mebibyte = 2 ** 20

/** A tidier of a heap of 50 MiB, and what it asked for. */
const watched = () => {
  const asked: boolean[] = []
  const heap = { mebibytes: 50 }
  const tidier = createHeapTidier(
    (wanted) => void asked.push(wanted),
    () => heap.mebibytes * mebibyte,
  )
  return { asked, heap, tidier }
}

/** One that was tidied once, as it is behind a start, and has its 50 MiB yet. */
const tidied = () => {
  const stage = watched()
  stage.tidier.collected(0)
  stage.tidier.look(4_000)
  for (const at of [4_100, 4_200]) stage.tidier.collected(at)
  return stage
}

test('H14: a heap is tidied by two collections, once none came for four seconds', () => {
  const { asked, tidier } = watched()
  tidier.look(10_000)
  for (const at of [10_000, 12_000, 15_999]) tidier.collected(at)
  tidier.look(19_998)
  expect(asked).toEqual([])
  tidier.look(19_999)
  expect(asked).toEqual([true])
  tidier.collected(20_100)
  expect(asked).toEqual([true])
  tidier.collected(20_200)
  expect(asked).toEqual([true, false])
})

test('H14: the collections that tidy a heap are no reason to tidy it again, and the next one that comes by itself is', () => {
  const { asked, heap, tidier } = tidied()
  heap.mebibytes = 66
  for (const at of [4_300, 6_199]) tidier.collected(at)
  tidier.look(60_000)
  expect(asked).toEqual([true, false])
  tidier.collected(60_000)
  tidier.look(64_000)
  expect(asked).toEqual([true, false, true])
})

test('H14: a heap that a rush made larger by less than 16 MiB is left alone, for V8 forgets by tidying what it has learned; small rushes add up', () => {
  const { asked, heap, tidier } = tidied()
  // Pages that were emptied are given back a moment later.
  heap.mebibytes = 40
  tidier.look(10_000)
  heap.mebibytes = 55
  tidier.collected(20_000)
  tidier.look(24_000)
  expect(asked).toEqual([true, false])
  heap.mebibytes = 56
  tidier.collected(30_000)
  tidier.look(34_000)
  expect(asked).toEqual([true, false, true])
})

/** Lets much get old and forgets it, goes on talking a little, and says when the heap has given back half of what it took, or that it has not for a long time. */
const rush = `
const lived = []
for (let round = 0; round < 60; round += 1) {
  for (let index = 0; index < 20_000; index += 1) lived[(round % 20) * 20_000 + index] = { index, text: 'connection ' + index, more: [index, index, index, index] }
}
const most = process.memoryUsage().heapTotal
lived.length = 0
let spent
let talked = 0
const talk = setInterval(() => {
  spent = Array.from({ length: 4_000 }, (_, index) => ({ index }))
  talked += 1
  if (process.memoryUsage().heapTotal > most / 2 && talked < 2_000) return
  clearInterval(talk)
  console.log(talked < 2_000 ? 'given back' : 'kept', spent.length)
}, 10)`

test('H14: a heap gives back what a rush left, by flags that this V8 knows', async () => {
  const tidy = `import { tidyHeap } from ${JSON.stringify(new URL('tidy-heap.js', import.meta.url).href)}\ntidyHeap()\n`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', tidy + rush])
  expect([stdout, stderr]).toEqual(['given back 4000\n', ''])
})
