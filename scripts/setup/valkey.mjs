import { UserError } from '../processes/user-error.mjs'
import { installDebianPackage, onPath } from './debian-package.mjs'

const names = ['valkey-server', 'redis-server']

/** The path of a Valkey or a Redis for the benchmark; as root on Debian or Ubuntu a missing Valkey is installed. */
export async function findValkey() {
  const find = () => onPath(names)
  if (find() === undefined) {
    await installDebianPackage(
      'valkey-server',
      'Valkey could not be installed; the output of apt-get is above. Install it yourself.',
    )
  }
  const found = find()
  if (found !== undefined) return found
  throw new UserError(
    `The benchmark needs ${names.join(' or ')} on the PATH. Install one (on Debian: apt-get install valkey-server) and try again.`,
  )
}
