import { mintedMs } from '../intent.ts'
import { failure } from '../pg/pool/verify-commit.ts'
import { pairOf } from '../records/claim.ts'
import { acceptanceWindow, claimableBetween, type KeyPolicy } from '../records/key-policy.ts'
import { mayClaimAtOnce } from '../records/records.ts'
import type {
  BatchSettings,
  BatchSteps,
  ColumnValue,
  DistributedParts,
  Send,
  SentRow,
  SentStatement,
} from './batch-settings.ts'
import { batchLockTimeoutMs } from './batch-settings.ts'
import { arraysOf, executedFrom, knownStatement, readStatementOf } from './batch-statement.ts'
import type { Executor, MemberRow } from './executor.ts'
import type { Member } from './waiting-members.ts'

/** The owners of a batch in a statement that reads, and in one that changes. */
const owners = { read: '$2::text[]', change: '$1::text[]' }

/**
 * Executes a batch of one shard on tables that are distributed by owner, in one transaction on the node of that
 * shard: the keys are claimed, and only those of them that were free get their effects. An effect cannot be part of
 * the statement that claims, and rows from a query would be copied through one node and committed in two phases.
 */
export function createShardStatements<Draft>(
  steps: BatchSteps<Draft>,
  { policy, pool }: BatchSettings<Draft>,
): Executor<Draft> {
  const { shards } = pool
  if (steps.distributed === undefined || shards === undefined)
    return { execute: none, read: none, store: none }
  const { transact } = shards
  const parts = { ...steps.distributed(owners.read), columns: steps.parts.columns }
  const read = readStatementOf(parts, policy.tables, owners.read)
  const known = knownStatement(policy.tables, owners.read)
  const { effect } = steps.distributed(owners.change)
  const transaction = { steps, effect, policy, known }
  /** What was read before may not be removed since: only a record of more than two hours is. */
  const isUnread = (kind: string) => kind === 'execute' && steps.first === 'execute'

  function claiming(kind: 'execute' | 'store'): Executor<Draft>['execute'] {
    return async (batch, from) => {
      const places = batch.map((member, at) => ({ member, at: at + 1 }))
      let members = places
        .filter(({ member }) => !isUnread(kind) || mayClaimAtOnce(member.claim))
        .sort((one, other) => compare(pairOf(one.member.claim), pairOf(other.member.claim)))
      for (let tries = 0; members.length > 0 && tries < 2; tries += 1) {
        const current = members
        const outcome = await transact(
          (send) => claimAndExecute({ ...transaction, kind, members: current }, send),
          from,
        )
        if (!('outside' in outcome)) return outcome.rows
        members = members.filter((place) => !outcome.outside.has(place))
      }
      return []
    }
  }

  const execute = claiming('execute')
  return {
    async execute(members, from) {
      try {
        return await execute(members, from)
      } catch (error) {
        // The effect of a lone attempt exists, and reading decides its outcome.
        if (members.length > 1 || Object(error).code !== uniqueViolation) throw error
        return []
      }
    },
    store: claiming('store'),
    async read(members, from) {
      const values = [policy.retentionHours, ...arraysOf(steps, members)]
      const [rows = []] = await transact((send) => send([{ text: read, values }]), from)
      return rows.map(readRow)
    },
  }
}

const none = async () => []

const uniqueViolation = '23505'

/** Two processes claim in one order, so they cannot deadlock. */
const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other))

type Place<Draft> = { readonly member: Member<Draft>; readonly at: number }

type Transaction<Draft> = {
  readonly steps: BatchSteps<Draft>
  readonly effect: DistributedParts['effect']
  readonly policy: KeyPolicy
  readonly known: string
  readonly kind: 'execute' | 'store'
  readonly members: readonly Place<Draft>[]
}

type Executed<Draft> =
  | { readonly rows: MemberRow[] }
  /** Claims outside their windows, of a batch that was rolled back. */
  | { readonly outside: ReadonlySet<Place<Draft>> }

async function claimAndExecute<Draft>(
  transaction: Transaction<Draft>,
  send: Send,
): Promise<Executed<Draft>> {
  const { policy, members, kind, effect } = transaction
  const [, , names = [], [window] = []] = await send([
    ...beginning,
    claimsOf(transaction),
    windowOf(policy),
  ])
  const free = new Set(names.map(([owner, key]) => pairOf({ owner: `${owner}`, key: `${key}` })))
  const claimed = members.filter(({ member }) => free.has(pairOf(member.claim)))
  const outside = claimed.filter(({ member }) => !isOpen(policy, member.claim.key, window))
  if (outside.length > 0) {
    await send([rollback])
    return { outside: new Set(outside) }
  }
  const others = members.filter((place) => !claimed.includes(place))
  const effects = kind === 'execute' && claimed.length > 0 ? [effectOf(transaction, claimed)] : []
  const known = others.length > 0 ? [knownOf(transaction, others)] : []
  const isCounted = effects.length > 0 && 'update' in effect
  const answers = await send([...effects, ...known, ...(isCounted ? [] : [commit])])
  if (isCounted) {
    if (answers[0]?.length !== claimed.length) throw failure('22012', changed)
    await send([commit])
  }
  const found = known.length > 0 ? (answers[effects.length] ?? []) : []
  return {
    rows: [
      ...claimed.map(({ at }) => ({ at, state: 'executed' as const })),
      ...found.map((row) => knownRow(row, others)),
    ],
  }
}

const changed = 'A row was changed by another transaction after it was read.'

const beginning: readonly SentStatement[] = [
  { text: 'begin isolation level read committed', values: [] },
  // A start-up option would not reach the node of the shard.
  { text: `set local lock_timeout = '${batchLockTimeoutMs}ms'`, values: [] },
]
const commit: SentStatement = { text: 'commit', values: [] }
const rollback: SentStatement = { text: 'rollback', values: [] }

function claimsOf<Draft>({ policy, members }: Transaction<Draft>): SentStatement {
  const values: ColumnValue[] = []
  const rows = members.map(({ member: { claim, outcome } }) => {
    const text = (kind: 'answer' | 'refusal') => (outcome?.kind === kind ? outcome.text : null)
    const at = values.push(
      ...[claim.owner, claim.key, claim.operation, claim.fingerprint],
      ...[text('answer'), text('refusal'), outcome?.status ?? null],
    )
    const [owner, key, operation, fingerprint, answer, refusal, status] = Array.from(
      { length: 7 },
      (_, place) => `$${at - 6 + place}`,
    )
    return `(${owner}::text, ${key}::text, ${operation}::text, decode(${fingerprint}::text, 'hex'), ${answer}::text, ${refusal}::text, ${status}::smallint, clock_timestamp())`
  })
  return {
    text: `insert into ${policy.tables.record} (owner_id, key, operation, fingerprint, answer, refusal, status, created_at)
      values ${rows.join(', ')} on conflict do nothing returning owner_id, key`,
    values,
  }
}

/** After the claims: its snapshot has the time of all records that were removed before they were made. */
function windowOf({ tables }: KeyPolicy): SentStatement {
  const seconds = (time: string) => `extract(epoch from ${time})::text`
  return {
    text: `select ${seconds('forgotten_before')}, ${seconds('clock_timestamp()')} from ${tables.installation}`,
    values: [],
  }
}

function isOpen(policy: KeyPolicy, key: string, window: SentRow | undefined): boolean {
  const minted = mintedMs(key)
  if (minted === null) return true
  if (window === undefined) return false
  const [forgotten, clock] = window.map(Number)
  const [first, last] = claimableBetween(minted, acceptanceWindow(policy).pastHours)
  return Number(forgotten) < first && Number(clock) >= first && Number(clock) < last
}

function effectOf<Draft>(
  { steps, effect }: Transaction<Draft>,
  claimed: readonly Place<Draft>[],
): SentStatement {
  const members = claimed.map(({ member }) => member)
  if ('update' in effect) {
    const values = arraysOf(steps, members)
    return { text: `${executedFrom(steps.parts.columns)} ${effect.update} returning 1`, values }
  }
  const types = { owner_id: 'text', key: 'text', ...steps.parts.columns }
  const values: ColumnValue[] = []
  const rows = members.map(({ claim, row }) => {
    const all: Readonly<Record<string, ColumnValue>> = {
      ...row,
      owner_id: claim.owner,
      key: claim.key,
    }
    return effect.row((name) => `$${values.push(all[name])}::${Object(types)[name]}`)
  })
  return { text: `${effect.into} values ${rows.join(', ')}`, values }
}

function knownOf<Draft>({ known }: Transaction<Draft>, others: readonly Place<Draft>[]) {
  const owners = others.map(({ member }) => member.claim.owner)
  return { text: known, values: [0, owners, others.map(({ member }) => member.claim.key)] }
}

function knownRow<Draft>(row: SentRow, others: readonly Place<Draft>[]): MemberRow {
  return { ...readRow(row), at: others[Number(row[0]) - 1]?.at ?? 0 }
}

/** In the order of the columns of `readStatement`. */
function readRow(row: SentRow): MemberRow {
  const [at, state, operation, fingerprint, answer, refusal, status, cancelled, age] = row
  const [existing = null, serverTime = null] = row.slice(9)
  return {
    at: Number(at),
    state,
    ...{ operation, fingerprint, answer, refusal, existing },
    status: status === null ? null : Number(status),
    cancelled: cancelled === 't',
    age_ms: age === null ? null : Number(age),
    server_time: serverTime,
  } as MemberRow
}
