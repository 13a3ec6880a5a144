import { remedies } from './remedies.js'

/** What an operator can do about each part of a token that is refused. */
const checkRemedies: ReadonlyMap<string, string> = new Map([
  ['form', 'Send the token exactly as its issuer made it: three parts joined by dots, no quotes, no "Bearer ", nothing cut off.'],
  ['alg', 'Let the issuer sign with the expected algorithm, or correct "tokens.algorithms" and "tokens.keys".'],
  ['kid', 'Add the key to "tokens.keys" or let "tokens.jwksUrl" serve it; an issuer that names the key of one shared secret needs a `kid` in "tokens.keys".'],
  ['signature', 'Compare the secret or public key under "tokens" with that of the issuer; a secret is taken as text, not as base64.'],
  ['key', 'Fetch a token that was signed by a newer key, or give the key a later `notAfter` in "tokens.keys".'],
  ['typ', 'Send the access token, not an ID, refresh or logout token.'],
  ['type', 'Send the access token, not the refresh token; "tokens.profile" says what this claim must be.'],
  ['token_type', 'Send the access token, not the refresh token; "tokens.profile" says what this claim must be.'],
  ['token_use', 'Send the access token.'],
  ['role', 'Send the token of a user who logged in, not an API key of the issuer; a role is text.'],
  ['sub', 'Let the issuer put the user id in, or choose the "tokens.profile" that reads it from another claim.'],
  ['user_id', 'Let the issuer put the user id in, or choose the "tokens.profile" that reads it from another claim.'],
  ['jti', 'Let the issuer give every token an id of 1 to 256 characters.'],
  ['epoch', 'Use a token that this server signed, or let the issuer leave the claim out.'],
  ['iss', 'Set "tokens.issuer" to exactly what is in the claim, last slash included, if the issuer is yours.'],
  ['aud', 'Set "tokens.audience" to what the issuer writes for this server, if the token is meant for it.'],
  ['azp', 'Add the claim to "tokens.parties" (for Clerk, to "origins"), if that client or page is yours.'],
  ['nbf', 'Compare the clocks of issuer and server, or raise "tokens.clockToleranceMs".'],
  ['iat', 'Compare the clocks of issuer and server, or raise "tokens.clockToleranceMs".'],
  ['created_at', 'Fetch a new token; if this one is new, compare the clocks of issuer and server, and "tokens.lifetimeMs".'],
  ['exp', 'Fetch a new token; if this one is new, compare the clocks of issuer and server. A token needs an end, in seconds.'],
])

export const remedyOfCheck = (name: string): string => checkRemedies.get(name) ?? remedies.token_invalid
