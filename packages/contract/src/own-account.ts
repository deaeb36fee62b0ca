/** What a person sees about the own account. Times are ISO 8601. */
export type OwnAccount = {
  readonly account: string
  readonly name: string
  readonly email: string
  readonly mayInvite: boolean
  /** This one first, then the last used. */
  readonly sessions: readonly OwnDevice[]
  /** The newest first. */
  readonly apiKeys: readonly OwnApiKey[]
  /** The open ones, the newest first; none without `mayInvite`. */
  readonly invites: readonly OpenInvite[]
}

export type OwnDevice = {
  readonly id: string
  /** Browser and system. */
  readonly device: string
  readonly isThis: boolean
  readonly signedInAt: string
  /** To five minutes. */
  readonly lastUsedAt: string
}

export type OwnApiKey = {
  readonly id: string
  readonly name: string
  /** A restore stops keys until a person confirms them. */
  readonly state: 'in_use' | 'expired' | 'not_confirmed'
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

export type OpenInvite = {
  readonly id: string
  /** Otherwise by the operator. */
  readonly isOwn: boolean
  readonly createdAt: string
  readonly expiresAt: string
}
