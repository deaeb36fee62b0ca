import type { Outcome, Parser, Query } from './attempt.ts'
import { type KeyPolicy, mayBeClaimed } from './key-policy.ts'
import { type Claim, type IdempotencyRecord, replay } from './records.ts'
import { mintedAt } from './timed-key.ts'

/** How a hot operation is done for many attempts in one statement. */
export type GroupEffect<Draft> = {
  /** The columns one attempt brings, by name, with their SQL types. */
  readonly columns: Readonly<Record<string, 'boolean' | 'text' | 'timestamptz' | 'uuid'>>
  /** What one attempt brings and is told, made before the statement runs. */
  readonly prepare: (draft: Draft, now: Date) => Prepared
  /** A SQL condition on `attempt` and its columns: its effect is there already, so the general form must judge it. */
  readonly taken: string
  /** Inserts the rows of all that is in `executed`, which has `owner_id`, `key` and the columns. Never with `on conflict`: that would store success for a row never made. */
  readonly insert: string
}

export type Prepared = {
  readonly row: Readonly<Record<string, unknown>>
  readonly answer: unknown
  /** What two attempts of one group may not share, such as an id the client chose. */
  readonly identity?: string | undefined
}

export type GroupSettings<Draft> = {
  /** Runs one statement on a connection of the group's own, which gives up waiting for a lock after 50 ms. */
  readonly query: (statement: {
    name: string
    text: string
    values: readonly unknown[]
  }) => Promise<Record<string, unknown>[]>
  readonly operation: string
  readonly policy: KeyPolicy
  readonly answer: Parser
  readonly effect: GroupEffect<Draft>
  /** The database's clock. */
  readonly now: () => Date
}

/** More than this and the statement's own time is felt by the first in the group. */
const mostInGroup = 128

type Member<Draft> = {
  readonly claim: Claim
  readonly draft: Draft
  readonly settle: (outcome: Outcome | 'left_out') => void
  readonly fail: (error: unknown) => void
}

type Ready = { readonly claim: Claim; readonly prepared: Prepared; readonly text: string }

/**
 * The group form: attempts that arrive while one group runs make up the next,
 * and each group claims, makes and stores in one autocommitted statement: one
 * commit for many.
 *
 * Resolves with the outcome, or with `left_out` when the general form has to
 * judge: the key is being claimed elsewhere, the effect is there already, the
 * key is outside its window, or the group failed. A group is never retried as
 * one, so that a slow twin or a poison row holds up nobody else.
 */
export function createGroup<Draft>(
  settings: GroupSettings<Draft>,
): (claim: Claim, draft: Draft) => Promise<Outcome | 'left_out'> {
  const waiting: Member<Draft>[] = []
  let running = false

  async function run(): Promise<void> {
    running = true
    // One turn of the event loop, so that attempts read from other sockets in it come along.
    await new Promise(setImmediate)
    while (waiting.length > 0) await send(settings, waiting.splice(0, mostInGroup))
    running = false
  }

  return function join(claim, draft) {
    return new Promise((settle, fail) => {
      waiting.push({ claim, draft, settle, fail })
      if (!running) void run()
    })
  }
}

/** Never rejects: each member is settled or failed. */
async function send<Draft>(
  settings: GroupSettings<Draft>,
  members: readonly Member<Draft>[],
): Promise<void> {
  const group = new Map<string, Member<Draft> & Ready>()
  const identities = new Set<string>()
  for (const member of members) {
    try {
      const ready = makeReady(settings, member)
      const identity = ready.prepared.identity && `${ready.claim.owner}\0${ready.prepared.identity}`
      if (identity && identities.has(identity)) member.settle('left_out')
      else group.set(nameOf(member.claim.owner, member.claim.key), { ...member, ...ready })
      if (identity) identities.add(identity)
    } catch (error) {
      member.fail(error)
    }
  }
  if (group.size === 0) return
  const rows = await settings.query(statementOf(settings, [...group.values()])).catch(() => [])
  for (const row of rows) settleOne(group, row)
  for (const member of group.values()) member.settle('left_out')
}

function makeReady<Draft>(settings: GroupSettings<Draft>, member: Member<Draft>): Ready {
  const prepared = settings.effect.prepare(member.draft, settings.now())
  const text = JSON.stringify(settings.answer.parse(prepared.answer))
  return { claim: member.claim, prepared, text }
}

function settleOne<Draft>(group: Map<string, Member<Draft> & Ready>, row: Record<string, unknown>) {
  const name = nameOf(String(row.owner_id), String(row.key))
  const member = group.get(name)
  if (member === undefined) return
  group.delete(name)
  if (row.executed === true) {
    member.settle({ kind: 'answer', text: member.text, replayed: false })
    return
  }
  try {
    member.settle(replay(row as IdempotencyRecord, member.claim))
  } catch (error) {
    member.fail(error)
  }
}

function nameOf(owner: string, key: string): string {
  return `${owner}\0${key}`
}

function statementOf<Draft>(settings: GroupSettings<Draft>, group: readonly Ready[]) {
  const { effect, operation, policy } = settings
  const columns = Object.keys(effect.columns)
  return {
    name: `idem_group_${operation}`,
    text: groupStatement(effect),
    values: [
      operation,
      policy.retentionHours,
      group.map(({ claim }) => claim.owner),
      group.map(({ claim }) => claim.key),
      group.map(({ claim }) => claim.fingerprint),
      group.map(({ claim }) => mintedAt(claim.key)),
      group.map(({ text }) => text),
      ...columns.map((column) => group.map(({ prepared }) => prepared.row[column])),
    ],
  }
}

/**
 * `known` reads what was committed before the statement began, so a retry of
 * something long done costs no second round trip. What is neither known nor
 * executed was claimed by somebody in between, or left out by `free`.
 * Everything goes in the order of (owner, key), so two groups of two processes
 * never wait for each other in a circle.
 */
function groupStatement<Draft>(effect: GroupEffect<Draft>): string {
  const names = Object.keys(effect.columns)
  const types = names.map((name, at) => `$${at + 8}::${effect.columns[name]}[]`)
  return `
    with attempt as materialized (
      select * from unnest($3::text[], $4::text[], $5::bytea[], $6::timestamptz[], $7::text[], ${types.join(', ')})
        as a (owner_id, key, fingerprint, minted_at, answer, ${names.join(', ')})
      order by owner_id, key collate "C"
    ), known as materialized (
      select r.* from attempt a cross join lateral (
        select r.owner_id, r.key, r.operation, r.fingerprint, r.answer, r.refusal, r.cancelled
        from idempotency_record r where r.owner_id = a.owner_id and r.key = a.key limit 1
      ) r
    ), claimed as (
      insert into idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
      select owner_id, key, $1, fingerprint, answer, clock_timestamp() from attempt
      where ${mayBeClaimed('minted_at', '$2::int')} and not (${effect.taken})
      order by owner_id, key collate "C"
      on conflict do nothing
      returning owner_id, key
    ), executed as (
      select attempt.* from attempt join claimed using (owner_id, key)
    ), made as (
      ${effect.insert}
    )
    select owner_id, key, true as executed, null as operation, null::bytea as fingerprint,
      null as answer, null as refusal, false as cancelled from claimed
    union all
    select owner_id, key, false, operation, fingerprint, answer, refusal, cancelled from known`
}
