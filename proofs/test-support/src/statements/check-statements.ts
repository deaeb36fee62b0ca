import pg from 'pg'
import { afterAll, expect } from 'vitest'
import { exceptionFor } from './exceptions.ts'

/**
 * A set-up file of Vitest: each statement that the product sends in a test is read, and one that a
 * database which distributes rows by owner would refuse fails the test file that first sent it. The
 * statements of tests themselves, which fill tables and look at them, are not read.
 */
type Sent = { readonly read: Set<string>; readonly unread: Set<string> }

/** The statements of the whole worker: files that share it share `pg`, whose methods are replaced once. */
const shared = globalThis as { idemStatements?: Sent }
shared.idemStatements ??= watchStatements()
const { read, unread } = shared.idemStatements

afterAll(async () => {
  const texts = [...unread]
  unread.clear()
  if (texts.length === 0) return
  // Only now, because most files send nothing new.
  const { faultsIn } = await import('./statement-faults.ts')
  const refused: object[] = []
  for (const text of texts) {
    read.add(text)
    const faults = await faultsIn(text)
    if (faults.length > 0 && exceptionFor(text) === undefined) refused.push({ faults, text })
  }
  expect(refused, 'statements that a database distributed by owner refuses').toEqual([])
})

function watchStatements(): Sent {
  const sent: Sent = { read: new Set(), unread: new Set() }
  for (const { prototype } of [pg.Pool, pg.Client]) {
    const { query } = prototype as { query: (...given: unknown[]) => unknown }
    Object.assign(prototype, {
      query(...given: unknown[]) {
        // With a callback it is the pool that sends it, on behalf of a caller who was seen before.
        if (typeof given.at(-1) !== 'function') note(given[0], sent)
        return Reflect.apply(query, this, given)
      },
    })
  }
  return sent
}

function note(statement: unknown, { read, unread }: Sent): void {
  const text = typeof statement === 'string' ? statement : Object(statement).text
  if (typeof text !== 'string' || read.has(text) || unread.has(text)) return
  if (isOfProduct(stackOf())) unread.add(text)
}

function stackOf(): string {
  const { stackTraceLimit } = Error
  // A library may have a dozen frames of its own.
  Error.stackTraceLimit = 40
  const { stack = '' } = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return stack
}

/** The nearest source of the repository that does more than passing statements on decides. */
function isOfProduct(stack: string): boolean {
  const frames = stack.split('\n').filter((frame) => !passesOn.test(frame))
  const nearest = frames.find((frame) => /\/(packages|apps|proofs|scripts)\//.test(frame))
  return nearest === undefined || !ofTests.test(nearest)
}

/** Also the function `query` that a test gives to the product. */
const passesOn =
  /node_modules|test-support\/src\/statements|idempotency\/src\/(pg|drizzle|prisma)\/|transaction-pooling\.ts|\bquery \(/
/** A migration changes tables, and has rules of its own. */
const ofTests =
  /\.(test|proof)\.tsx?:|\/test-[\w-]+\.tsx?:|\/proofs\/|\/scripts\/|migrations\/(migrate|concurrent-index)\.ts|migrate\/migrate\.ts/
