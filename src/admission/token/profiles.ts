import type { Algorithm } from './algorithm.js'

/** By which table the tokens of an issuer are read. */
export type ProfileName = 'standard' | 'simplejwt' | 'classic' | 'oidc' | 'auth0' | 'clerk' | 'supabase' | 'keycloak' | 'better-auth'

/** What a profile knows of its issuer; all else is the same for every token. */
export interface Profile {
  /** Claim that names the user: a string, or an integer that is read as its decimal digits. */
  readonly subject: 'sub' | 'user_id'
  /** Claim that must be exactly this; `undefined` when the profile knows no such claim. */
  readonly access: { readonly claim: 'token_type' | 'type' | 'typ' | 'role'; readonly value: string } | undefined
  /** Whether `jti` must be there. */
  readonly needsTokenId: boolean
  /** What must be there to count the end of the token from: `exp`, or `created_at` plus the configured lifetime. An `exp` counts in either case. */
  readonly endsBy: 'exp' | 'created_at'
  /** Whether the claim `role` means a role here; issuers with roles of their own must not lower a user by them. */
  readonly readsRole: boolean
  /** Whether `azp` may be missing where parties are configured: tokens for programs that are no page have none. */
  readonly mayLackParty: boolean
  /** Accepted algorithms when the issuer names none. */
  readonly algorithms: readonly Algorithm[]
  /** Where a hosted issuer serves its keys, relative to `issuer`; `discovery` asks its OpenID configuration; `undefined` for issuers without an address. */
  readonly jwks: string | undefined
  /** What `aud` must hold when nobody configured it: this value, the issuer itself, nothing (`none`), or it must be configured (`required`). */
  readonly audience: 'none' | 'required' | 'issuer' | { readonly value: string }
}

const own = { subject: 'sub', access: undefined, needsTokenId: false, endsBy: 'exp', readsRole: true, mayLackParty: false, algorithms: ['HS512'], jwks: undefined, audience: 'none' } as const satisfies Profile
const hosted = { ...own, readsRole: false, algorithms: ['RS256'], jwks: '/.well-known/jwks.json', audience: 'required' } as const satisfies Profile

export const profiles = {
  /** RFC 7519. */
  standard: own,
  /** Tokens as made by djangorestframework-simplejwt. */
  simplejwt: { ...own, subject: 'user_id', access: { claim: 'token_type', value: 'access' }, needsTokenId: true },
  /** Tokens of the classic service: they carry the time they were made, not their end. */
  classic: { ...own, subject: 'user_id', access: { claim: 'type', value: 'access' }, endsBy: 'created_at' },
  /** Any OpenID provider, found by its discovery document. */
  oidc: { ...hosted, jwks: 'discovery' },
  /** Access tokens of an Auth0 API; `issuer` is `https://<tenant>/`. */
  auth0: hosted,
  /** Session tokens of Clerk, which have no `aud` unless a template adds one; `azp` is the Origin of the page they were made for. */
  clerk: { ...hosted, audience: 'none', mayLackParty: true },
  /** User tokens of Supabase Auth; `issuer` is `https://<ref>.supabase.co/auth/v1`. Its API keys are no users: they have other roles. */
  supabase: { ...hosted, algorithms: ['ES256'], access: { claim: 'role', value: 'authenticated' }, audience: { value: 'authenticated' } },
  /** Access tokens of a Keycloak realm: its ID tokens have another `typ`. */
  keycloak: { ...hosted, access: { claim: 'typ', value: 'Bearer' }, jwks: '/protocol/openid-connect/certs' },
  /** Tokens of the JWT plugin of Better Auth; `issuer` is its base URL, which is also their `aud`. */
  'better-auth': { ...hosted, algorithms: ['EdDSA'], jwks: '/api/auth/jwks', audience: 'issuer' },
} as const satisfies Record<ProfileName, Profile>

export const isProfileName = (name: string): name is ProfileName => Object.hasOwn(profiles, name)
