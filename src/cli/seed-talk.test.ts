import { expect, test } from 'vitest'
import { seedTalk } from './seed-talk.js'

test('a large seed says about once a second how far it is and how fast, at its end always, and where it goes on', () => {
  const said: string[] = []
  let now = 1_000_000
  const tell = seedTalk({ say: (text) => said.push(text) }, () => now)
  for (const [afterMs, done] of [[0, 2_000], [400, 2_500], [700, 3_000], [300, 4_000], [1_600, 8_000], [0, 10_000]] as const) {
    now += afterMs
    tell({ done, all: 10_000 })
  }
  expect(said).toEqual([
    'Going on after 2000 of 10000 conversations, where it was interrupted.',
    '3000 of 10000 conversations (30 %), 909 a second',
    '8000 of 10000 conversations (80 %), 2000 a second',
    '10000 of 10000 conversations (100 %), 2667 a second',
  ])
})
