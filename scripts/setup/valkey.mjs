import { provide } from './debian-package.mjs'

/** The path of a Valkey or a Redis for the benchmark; as root on Debian or Ubuntu a missing Valkey is installed. */
export function findValkey() {
  return provide({
    names: ['valkey-server', 'redis-server'],
    debianPackage: 'valkey-server',
    need: 'The benchmark needs',
  })
}
