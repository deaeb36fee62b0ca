/**
 * Conditions on a row of `auth_session` or `api_key`. `required` is the parameter that says whether the installation
 * requires a second factor. They are the only ones: every statement that authenticates a call contains one.
 *
 * A session by the password alone is good for nothing once the account has a second factor: somebody else may have
 * the password. One by two factors does not stand in for a required factor that is gone: two requests at once may
 * have removed the last two.
 */
export function isFullSession(required: string): string {
  return `coalesce((select auth_session.second_factor from second_factor
    where second_factor.user_id = auth_session.user_id), not ${required})`
}

/** Where a second factor is required and none is there yet, a session is good for setting one up. */
export function isForSetUp(required: string): string {
  return `(${required} and not ${hasFactor('auth_session')})`
}

/** A key is as good as the account is protected, also one from before. */
export function isFullKey(required: string): string {
  return `(not ${required} or ${hasFactor('api_key')})`
}

/** A scalar, for which PostgreSQL uses the index. With `exists` it may read the whole table once per statement. */
function hasFactor(table: string): string {
  return `coalesce((select true from second_factor where user_id = ${table}.user_id), false)`
}
