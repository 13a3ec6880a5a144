import type { HTTPException } from 'hono/http-exception'
import { dangerSentences, type BanDanger } from '../../admission/ban-dangers.js'
import { refusal } from './api-problem.js'

/** The refusal of a ban that would lock out somebody who must not be, with a line for each. */
export const dangerousBan = (dangers: readonly BanDanger[]): HTTPException =>
  refusal({ status: 409, code: 'ban_dangerous', title: 'This ban is saved only by force.', errors: dangers.map((danger) => `${danger}: ${dangerSentences[danger]}`) })
