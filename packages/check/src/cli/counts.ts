import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import type { Header } from '../http/request.ts'
import { isSuccess, send } from '../http/send.ts'
import { UsageError } from '../lab/usage-error.ts'
import type { Target } from '../target.ts'

type Count = NonNullable<Target['count']>

const commandMs = 30_000

/** `GET:/orders#/data` counts a list, `#/total` reads a number, `#length` counts the whole answer. */
export function countByRequest(text: string, base: URL, headers: readonly Header[]): Count {
  const [, path, pointer] = /^GET:([^#]+)#(.*)$/.exec(text) ?? []
  if (path === undefined || pointer === undefined) {
    throw new UsageError(`--count takes GET:/path#pointer, but got ${text}.`)
  }
  return async ({ run }) => {
    const url = new URL(path.replaceAll('{{run}}', run), base)
    const answer = await send({ method: 'GET', url, headers, body: undefined })
    if (!isSuccess(answer)) throw new UsageError(`--count was answered ${answer.status}.`)
    return numberAt(JSON.parse(answer.body), pointer)
  }
}

/** The command prints the number. */
export function countByCommand(command: string): Count {
  return async ({ run }) => {
    const filled = command.replaceAll('{{run}}', run)
    const { stdout } = await promisify(exec)(filled, { timeout: commandMs })
    const number = Number(stdout.trim())
    if (stdout.trim() !== '' && Number.isInteger(number)) return number
    throw new UsageError(`--count-command must print a whole number, but printed ${stdout.trim()}.`)
  }
}

function numberAt(value: unknown, pointer: string): number {
  const names = pointer.split('/').filter((name) => name !== '' && name !== 'length')
  const found = names.reduce<unknown>((each, name) => Object(each)[unescaped(name)], value)
  if (Array.isArray(found)) return found.length
  if (typeof found === 'number') return found
  throw new UsageError(`--count found neither a list nor a number at #${pointer}.`)
}

/** RFC 6901. */
export function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
