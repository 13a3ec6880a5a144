/** One thing that is asked of a token, with what was expected and what was found. */
export interface TokenCheck {
  readonly part: 'token' | 'header' | 'claims'
  /** Header member or claim, or `form`, `signature` and `key` of the token itself. */
  readonly name: string
  readonly expected: string
  /** What the token says, at most 80 characters; never a part of its text. */
  readonly found: string
  readonly accepted: boolean
}
