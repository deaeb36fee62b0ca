import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { RefusalError } from '@idem/contract/refusal'

/** The length of what is left without the words that an attacker tries first. */
const fewestOwn = 8

/** The product, and what people call it. */
const ownWords = ['idem', 'todo', 'password', 'passwort']

export type PasswordPolicy = Awaited<ReturnType<typeof readPasswordPolicy>>

/**
 * Reads the 10,000 most frequent passwords with twelve characters or more in published leaks, in lower case: the
 * first ones of that length in the list of a million in SecLists (github.com/danielmiessler/SecLists).
 */
export async function readPasswordPolicy(origin: string) {
  const file = await readFile(new URL('common-passwords.txt.gz', import.meta.url))
  const common = new Set((await promisify(gunzip)(file)).toString('utf8').trimEnd().split('\n'))
  const known = [...ownWords, ...partsOf(new URL(origin).hostname)]

  /**
   * Refuses a new password that is on the list, or little more than the words of the account and the
   * installation. Its length is all that counts otherwise.
   *
   * @throws RefusalError `invalid_input`
   */
  return function expectGoodPassword(password: string, ...about: readonly string[]): void {
    const written = password.toLowerCase()
    const words = [...known, ...about.flatMap(partsOf)].filter(({ length }) => length >= 3)
    // A long word first: a short one may be a part of it.
    const own = words
      .sort((one, other) => other.length - one.length)
      .reduce((text, word) => text.replaceAll(word, ''), written)
    if (!common.has(written) && own.length >= fewestOwn) return
    throw new RefusalError('invalid_input', { paths: ['password'] })
  }
}

/** An address, a name or a host, and its words. */
function partsOf(text: string): string[] {
  const written = text.toLowerCase()
  return [written, ...written.split(/[^\p{L}\p{N}]+/u)]
}
