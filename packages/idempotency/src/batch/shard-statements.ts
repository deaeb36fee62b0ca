import { mintedMs } from '../intent.ts'
import { failure } from '../pg/pool/verify-commit.ts'
import { type Claim, pairOf } from '../records/claim.ts'
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
import { columnArrays, executedFrom, knownOnShard } from './batch-statement.ts'
import type { Executor, MemberRow } from './executor.ts'
import type { Member } from './waiting-members.ts'

/**
 * Executes a batch of one shard on tables that are distributed by owner, in one transaction on the node of that
 * shard: the keys are claimed, and only those of them that were free get their effects. An effect cannot be part of
 * the statement that claims, and rows from a query would be copied through one node and committed in two phases. The
 * statements are plain, because two nodes plan each of them for each batch.
 */
export function createShardStatements<Draft>(
  steps: BatchSteps<Draft>,
  { policy, pool }: BatchSettings<Draft>,
): Executor<Draft> {
  const { shards } = pool
  if (steps.distributed === undefined || shards === undefined)
    return { execute: none, read: none, store: none }
  const { transact } = shards
  const { stored, effect } = steps.distributed
  const transaction = { steps, effect, policy }
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
      const statements = [
        knownOf(
          policy,
          members.map(({ claim }) => claim),
        ),
        storedOf(stored, members),
        windowOf(policy),
      ]
      const answers = await transact((send) => send(statements), from)
      const [knownRows, storedRows = [], [window] = []] = answers
      const known = knownBy(knownRows)
      const existing = new Map(storedRows as [string, string][])
      return members.flatMap((member, index): MemberRow[] => {
        const at = index + 1
        const record = known(member, at)
        // One outside its window is left out, and refused alone.
        if (record.length > 0 || !isOpen(policy, member.claim.key, window)) return record
        return [{ at, state: 'taken', existing: existing.get(member.names.identity) ?? null }]
      })
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
  const free = new Set(names.map(pairIn))
  const claimed = members.filter(({ member }) => free.has(pairOf(member.claim)))
  const outside = claimed.filter(({ member }) => !isOpen(policy, member.claim.key, window))
  if (outside.length > 0) {
    await send([rollback])
    return { outside: new Set(outside) }
  }
  const others = members.filter((place) => !claimed.includes(place))
  const effects = kind === 'execute' && claimed.length > 0 ? [effectOf(transaction, claimed)] : []
  const known =
    others.length > 0
      ? [
          knownOf(
            policy,
            others.map(({ member }) => member.claim),
          ),
        ]
      : []
  const isCounted = effects.length > 0 && 'update' in effect
  const answers = await send([...effects, ...known, ...(isCounted ? [] : [commit])])
  if (isCounted) {
    if (answers[0]?.length !== claimed.length) throw failure('22012', changed)
    await send([commit])
  }
  // Those of the commit are none.
  const found = knownBy(answers[effects.length])
  return {
    rows: [
      ...claimed.map(({ at }) => ({ at, state: 'executed' as const })),
      ...others.flatMap(({ member, at }) => found(member, at)),
    ],
  }
}

const changed = 'A row was changed after it was read.'

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
    const last = values.push(
      ...[claim.owner, claim.key, claim.operation, claim.fingerprint],
      ...[text('answer'), text('refusal'), outcome?.status ?? null],
    )
    const at = last - 6
    return `($${at}::text, $${at + 1}::text, $${at + 2}::text, decode($${at + 3}::text, 'hex'), $${at + 4}::text, $${at + 5}::text, $${at + 6}::smallint, clock_timestamp())`
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
    const names = [members.map(({ claim }) => claim.owner), members.map(({ claim }) => claim.key)]
    const values = [...names, ...columnArrays(steps.parts, members)]
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

function knownOf({ tables }: KeyPolicy, claims: readonly Claim[]): SentStatement {
  return {
    text: knownOnShard(tables),
    values: [claims.map(({ owner }) => owner), claims.map(({ key }) => key)],
  }
}

function storedOf<Draft>(
  { by, text }: DistributedParts['stored'],
  members: readonly Member<Draft>[],
): SentStatement {
  return {
    text,
    values: [members.map(({ claim }) => claim.owner), members.map(({ row }) => row[by])],
  }
}

/** The record of a member, from rows in the order of the columns of `knownOnShard`. */
function knownBy(rows: readonly SentRow[] = []) {
  const found = new Map(rows.map((row) => [pairIn(row), row]))
  return ({ claim }: Pick<Member<never>, 'claim'>, at: number): MemberRow[] => {
    const row = found.get(pairOf(claim))
    if (row === undefined) return []
    const [operation, fingerprint, answer, refusal, status, cancelled, age] = row.slice(2)
    return [
      {
        ...{ at, state: 'known', operation, fingerprint, answer, refusal },
        status: status && Number(status),
        cancelled: cancelled === 't',
        age_ms: age && Number(age),
      } as MemberRow,
    ]
  }
}

function pairIn([owner, key]: SentRow): string {
  return pairOf({ owner: `${owner}`, key: `${key}` })
}
