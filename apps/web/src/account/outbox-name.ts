import { installationName } from './installation-name.ts'

/** The owner of everything from before sign-in, and the only one without it. */
export const firstAccount = 'local'

/**
 * The name under which the device stores what an account did and saw. The first account inherits what
 * was written before sign-in, so it has the name of before.
 */
export function outboxName(account: string, installation = installationName()): string {
  return account === firstAccount ? installation : `${installation} of ${account}`
}
