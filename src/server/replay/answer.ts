import type { StepName } from '../../admission/decision.js'
import type { Reason } from '../../protocol/denial.js'

/** What a decision answered, without what belongs to its moment: id, time, durations. */
export interface Answer {
  readonly outcome: 'admitted' | 'denied'
  readonly reason: Reason | undefined
  readonly step: StepName | undefined
  readonly status: number | undefined
  /** `undefined` also where other thresholds make it unknown. */
  readonly retryAfterMs: number | undefined
  readonly address: string | undefined
  readonly addressKey: string | undefined
  readonly endpoint: string | undefined
  readonly userId: string | undefined
  readonly dialect: string
  readonly marks: readonly { readonly step: string; readonly rule: string }[]
  /** Each stair with its outcome and its words, which hold counters and thresholds. */
  readonly steps: readonly (readonly [name: string, outcome: string, detail: string | undefined])[]
}

interface Answered extends Omit<Answer, 'steps' | 'addressKey'> {
  readonly inputs: { readonly addressKey?: string | undefined }
  readonly steps: readonly { readonly name: string; readonly outcome: string; readonly detail?: string | undefined }[]
}

/** Reads the answer off a record or a report. */
export const answerOf = ({ outcome, reason, step, status, retryAfterMs, address, inputs, endpoint, userId, dialect, marks, steps }: Partial<Answered> & Pick<Answered, 'outcome' | 'inputs' | 'dialect' | 'marks' | 'steps'>): Answer => ({
  outcome,
  reason,
  step,
  status,
  retryAfterMs: Number.isNaN(retryAfterMs) ? undefined : retryAfterMs,
  address,
  addressKey: inputs.addressKey,
  endpoint,
  userId,
  dialect,
  marks: marks.map((mark) => ({ step: mark.step, rule: mark.rule })),
  steps: steps.map(({ name, outcome: each, detail }) => [name, each, detail]),
})

/** How two answers to one handshake differ. */
export type Difference = 'same' | 'newly_admitted' | 'newly_refused' | 'changed'

/** `changed` answers alike by outcome, and otherwise by reason, stair, client or marks. */
export const differenceOf = (was: Answer, now: Answer): Difference => {
  if (was.outcome !== now.outcome) return now.outcome === 'admitted' ? 'newly_admitted' : 'newly_refused'
  return told(was) === told(now) ? 'same' : 'changed'
}

/** Whether two answers are one, to the last bit. */
export const isIdentical = (was: Answer, now: Answer): boolean => JSON.stringify(was) === JSON.stringify(now)

const told = ({ reason, step, status, address, addressKey, endpoint, userId, dialect, marks }: Answer): string =>
  JSON.stringify([reason, step, status, address, addressKey, endpoint, userId, dialect, marks])
