import { shown } from './shown.js'
import type { Memberships } from './topic.js'

/**
 * Takes nothing but a plain yes or no from an embedder's memberships, at once or later: a result of a query, which is there also when it is empty, would let
 * everybody in. What is `undefined` or `null` is a no.
 */
export const strictMemberships = (memberships: { mayEnter(...asked: Parameters<Memberships['mayEnter']>): unknown }): Memberships => ({
  async mayEnter(userId, conversation, deadline) {
    const answer = (await memberships.mayEnter(userId, conversation, deadline)) ?? false
    if (typeof answer !== 'boolean') throw new TypeError(`Cannot take what "mayEnter" answered as it must be true or false: current value is ${shown(answer)}`)
    return answer
  },
})
