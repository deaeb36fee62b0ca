import { expect, test } from 'vitest'
import { IdempotencyError } from '../idempotency-error.ts'
import { retryRead, retryTransaction } from './retry-transaction.ts'

const codeOf = (error: unknown) => Object(error).code
const settling = { adapter: { codeOf } }
const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code })

/** Fails with these codes, one per try, and then succeeds. */
function failing(codes: readonly string[]) {
  let tries = 0
  const run = async () => {
    const code = codes[tries]
    tries += 1
    if (code !== undefined) throw failure(code)
    return 'done'
  }
  return { run, tries: () => tries }
}

test.for(['ECONNREFUSED', 'ENOENT', 'pool_wait', '53300', '57P03'])(
  'a refusal to connect (%s) that arrives during the commit is an ambiguous commit',
  async (code) => {
    const { run, tries } = failing([code])
    const settled = await retryTransaction(settling, ({ ambiguous, committing }) => {
      committing()
      return run().then((value) => ({ value, ambiguous }))
    })
    expect(settled).toEqual({ value: 'done', ambiguous: true })
    expect(tries()).toBe(2)
  },
)

test('an entry of a cluster that was killed is a lost connection, although its code is that of a bug', async () => {
  const killed = Object.assign(new Error('postmaster was shut down, exiting'), { code: 'XX000' })
  let tries = 0
  const once = async () => {
    tries += 1
    if (tries === 1) throw new Error('wrapped', { cause: killed })
    return 'done'
  }
  const adapter = { codeOf: (error: unknown) => codeOf(Object(error).cause) }
  expect(await retryTransaction({ adapter }, once)).toBe('done')
  expect(tries).toBe(2)
})

test.for([
  [['ECONNREFUSED'], false],
  [['pool_wait'], false],
  // Its first try had a connection.
  [['40001', 'ECONNREFUSED'], true],
  [['53100'], true],
  [['40001', '40001', '40001'], true],
] as const)('after %j the error says whether the work ever began: %s', async ([codes, began]) => {
  await expect(retryTransaction(settling, failing(codes).run)).rejects.toMatchObject({
    code: 'unavailable',
    began,
  })
})

test.for([
  ['an earlier try', {}],
  ['a batch', { ambiguous: true }],
] as const)('after the ambiguous commit of %s no error is called a failure', async ([, doubt]) => {
  const { run } = failing('ambiguous' in doubt ? ['22012'] : ['ECONNRESET', '22012'])
  const settled = retryTransaction(
    { adapter: { codeOf }, ...doubt },
    ({ committing, ambiguous }) => {
      if (!ambiguous) committing()
      return run()
    },
  )
  await expect(settled).rejects.toMatchObject({ code: 'unavailable', ambiguous: true })
})

test.for([
  ['key_expired', 'unavailable'],
  ['key_from_future', 'unavailable'],
  ['in_flight', 'in_flight'],
] as const)('after an ambiguous commit %s decides nothing', async ([code, answer]) => {
  const settled = retryTransaction({ adapter: { codeOf }, ambiguous: true }, () =>
    Promise.reject(new IdempotencyError(code)),
  )
  await expect(settled).rejects.toMatchObject({ code: answer, ambiguous: true })
})

test('a lock timeout after an ambiguous commit is still ambiguous', async () => {
  const { run } = failing(['ECONNRESET', '55P03'])
  const settled = retryTransaction(settling, ({ committing, ambiguous }) => {
    if (!ambiguous) committing()
    return run()
  })
  await expect(settled).rejects.toMatchObject({ code: 'in_flight', ambiguous: true })
})

test('once the earlier try is known to be rolled back, an error is itself again', async () => {
  const { run } = failing(['ECONNRESET', '22012'])
  const settled = retryTransaction(settling, ({ committing, ambiguous, rolledBack }) => {
    if (ambiguous) rolledBack()
    else committing()
    return run()
  })
  await expect(settled).rejects.toMatchObject({ code: '22012' })
})

test('a read that was too slow is not tried again', async () => {
  const { run, tries } = failing(['57014'])
  await expect(retryRead(settling, run)).rejects.toMatchObject({
    code: 'unavailable',
    cause: { code: '57014' },
  })
  expect(tries()).toBe(1)
})

test('a read whose connection was lost is tried again', async () => {
  expect(await retryRead(settling, failing(['ECONNRESET']).run)).toBe('done')
})
