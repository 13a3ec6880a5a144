/** By which table the claims of an issuer are read. */
export type ProfileName = 'standard' | 'simplejwt' | 'classic'

/** The claim rules in which the profiles differ; all else is the same for every token. */
export interface Profile {
  /** Claim that names the user: a string, or an integer that is read as its decimal digits. */
  readonly subject: 'sub' | 'user_id'
  /** Claim that must be exactly `access`; `undefined` when the profile knows no such claim. */
  readonly accessType: 'token_type' | 'type' | undefined
  /** Whether `jti` must be there. */
  readonly needsTokenId: boolean
  /** What must be there to count the end of the token from: `exp`, or `created_at` plus the configured lifetime. An `exp` counts in either case. */
  readonly endsBy: 'exp' | 'created_at'
}

export const profiles = {
  /** RFC 7519. */
  standard: { subject: 'sub', accessType: undefined, needsTokenId: false, endsBy: 'exp' },
  /** Tokens as made by djangorestframework-simplejwt. */
  simplejwt: { subject: 'user_id', accessType: 'token_type', needsTokenId: true, endsBy: 'exp' },
  /** Tokens of the classic service: they carry the time they were made, not their end. */
  classic: { subject: 'user_id', accessType: 'type', needsTokenId: false, endsBy: 'created_at' },
} as const satisfies Record<ProfileName, Profile>

export const isProfileName = (name: string): name is ProfileName => Object.hasOwn(profiles, name)
