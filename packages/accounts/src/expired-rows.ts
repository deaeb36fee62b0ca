const expired = { unit: 'hours', count: 0 } as const

/** The rows of sign-in that have no effect any more, each table with the index by which it is cleaned. */
export const expiredRows = [
  { table: 'auth_session', order: { expires_at: 'timestamptz', id: 'text' }, kept: expired },
  { table: 'auth_verification', order: { expires_at: 'timestamptz', id: 'text' }, kept: expired },
  { table: 'invite', order: { expires_at: 'timestamptz', token: 'text' }, kept: expired },
  {
    table: 'sign_in_attempt',
    order: { started_at: 'timestamptz', subject: 'text' },
    // Attempts count for fifteen minutes.
    kept: { unit: 'hours', count: 1 },
  },
] as const
