/** What a person sees about the second factors of the own account. Times are ISO 8601. */
export type OwnFactors = {
  /** Whether the installation requires one. */
  readonly isRequired: boolean
  readonly hasTotp: boolean
  /** The newest first. */
  readonly passkeys: readonly OwnPasskey[]
  /** How many are left. */
  readonly recoveryCodes: number
}

export type OwnPasskey = {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
}
