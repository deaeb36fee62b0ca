/** What a vendor promises about a repeated request. Only what is promised can be broken. */
export type Profile = {
  readonly title: string
  /** Whether a replay has the status and the body of the first answer. */
  readonly replaysAnswer: boolean
  /** The headers that a replay has like the first answer. */
  readonly replaysHeaders: readonly string[]
  /** Whether an error 500 is stored and replayed. */
  readonly replaysErrors: boolean
  /** Whether a key belongs to one endpoint, so that another path is refused. */
  readonly refusesOtherPath: boolean
  /** Whether the order of the members of a JSON object makes no difference. */
  readonly ignoresOrder: boolean
  /** Whether the key of one user is free for another. */
  readonly keysHaveOwners: boolean
  /** Whether `"abc"` and `abc` are one key. */
  readonly ignoresQuotes: boolean
}

export type ProfileName = 'ietf' | 'stripe-v1' | 'stripe-v2' | 'idem'

const least: Omit<Profile, 'title'> = {
  replaysAnswer: true,
  replaysHeaders: [],
  replaysErrors: false,
  refusesOtherPath: false,
  ignoresOrder: false,
  keysHaveOwners: false,
  ignoresQuotes: false,
}

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  // draft-ietf-httpapi-idempotency-key-header: "the result of the previously completed operation". The
  // draft has expired. It leaves the fingerprint and the scope of a key to the server.
  ietf: {
    ...least,
    title: 'the expired IETF draft',
    replaysHeaders: ['location', 'etag'],
  },
  // docs.stripe.com/api/idempotent_requests: status and body are saved, including errors 500; the
  // parameters are compared.
  'stripe-v1': {
    ...least,
    title: 'Stripe, API v1',
    replaysErrors: true,
    refusesOtherPath: true,
  },
  // docs.stripe.com/api-v2-overview: a retry of a failed request continues it and returns an updated response.
  'stripe-v2': { ...least, title: 'Stripe, API v2', replaysAnswer: false },
  idem: {
    ...least,
    title: '@idem/idempotency',
    replaysHeaders: ['location', 'etag'],
    refusesOtherPath: true,
    ignoresOrder: true,
    keysHaveOwners: true,
    ignoresQuotes: true,
  },
}
