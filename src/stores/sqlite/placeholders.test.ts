import { describe, expect, test } from 'vitest'
import { placeholdersOf } from './placeholders.js'

describe('the placeholders of a statement', () => {
  test.each([
    ['select 1', 0, []],
    ['select ?, ?', 2, []],
    ['select ?2, ?1, ?2', 2, []],
    ['select :a, :b_2, :a', 0, ['a', 'b_2']],
    [`select '?', ':no', 'it''s :no' where a = ?`, 1, []],
    ['select "?:no" from t where b = :yes', 0, ['yes']],
    ['select a -- :no ?\nfrom t /* ? \n :no */ where b = ?', 1, []],
    [`select '12:30', ? `, 1, []],
  ])('in %j', (sql, positions, names) => {
    expect(placeholdersOf(sql)).toEqual({ positions, names })
  })
})
