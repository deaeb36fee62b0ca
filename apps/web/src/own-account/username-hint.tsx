/** Tells a password manager whose password it is. Without a name, so it is not sent. */
export function UsernameHint({ email }: { readonly email: string }) {
  return <input type="text" autoComplete="username" value={email} readOnly={true} hidden={true} />
}
