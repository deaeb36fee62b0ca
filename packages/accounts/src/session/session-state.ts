/**
 * Conditions on a row of `auth_session` or `api_key`. `required` is the parameter that says whether the installation
 * requires a second factor. They are the only ones: every statement that authenticates a call contains one.
 */
export function isFullSession(required: string): string {
  return `(auth_session.second_factor or not (${required} or ${hasFactor('auth_session')}))`
}

/**
 * By a password alone, where a second factor is required and none is there yet: good for setting one up. A session
 * by the password alone is good for nothing once the account has one: somebody else may have the password.
 */
export function isForSetUp(required: string): string {
  return `(${required} and not auth_session.second_factor and not ${hasFactor('auth_session')})`
}

/** A key is as good as the account is protected, also one from before. */
export function isFullKey(required: string): string {
  return `(not ${required} or ${hasFactor('api_key')})`
}

/** A scalar, for which PostgreSQL uses the index. With `exists` it may read the whole table once per statement. */
function hasFactor(table: string): string {
  return `coalesce((select true from second_factor where user_id = ${table}.user_id), false)`
}
