import type { Outcome, Parser } from './attempt.ts'
import { groupStatements, type StatementParts } from './group-statements.ts'
import type { KeyPolicy } from './key-policy.ts'
import { type Claim, type IdempotencyRecord, replay } from './records.ts'
import { troubleOf } from './sql-state.ts'
import { mintedAt } from './timed-key.ts'

/** How a hot operation is done for many attempts in one statement. */
export type GroupEffect<Draft> = StatementParts & {
  /** What one attempt brings and is told, made before the statement runs. */
  readonly prepare: (draft: Draft, now: Date) => Prepared
}

export type Prepared = {
  readonly row: Readonly<Record<string, unknown>>
  readonly answer: unknown
  /** What two attempts of one group may not share, such as an id the client chose. */
  readonly identity?: string | undefined
}

export type GroupSettings<Draft> = {
  /** Runs one statement on a connection of the groups' own, which gives up waiting for a lock after 50 ms; `groupsAtOnce` of them are used. */
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

/** Why the general form has to judge. In doubt: the group may have been committed, and nobody was told. */
export type Unsettled = 'left_out' | 'in_doubt'

/**
 * To be run once on each connection behind `query`; without it everything is as
 * right, and slower. The plan is kept, because making it anew takes longer than
 * running it for a small group. And it never reads a table from end to end: a
 * plan made while the table was small would do so, and be kept while it grows.
 */
export const groupSession = 'set plan_cache_mode = force_generic_plan; set enable_seqscan = off'

/**
 * While one group is written to the disk the next is on its way, so neither the
 * database nor this process waits for the other. More brought nothing.
 */
export const groupsAtOnce = 2

/** More than this and the statement's own time is felt by the first in the group. */
const mostInGroup = 128

type Member<Draft> = {
  readonly claim: Claim
  readonly draft: Draft
  readonly settle: (outcome: Outcome | Unsettled) => void
  readonly fail: (error: unknown) => void
}

type Ready<Draft> = Member<Draft> & { readonly prepared: Prepared; readonly text: string }

/**
 * The group form: attempts that arrive while one group runs make up the next,
 * and each group claims, makes and stores in one autocommitted statement: one
 * commit for many.
 *
 * Resolves with the outcome, or with why the general form has to judge: the key
 * is being claimed elsewhere, the effect is there already, the key is outside
 * its window, or the group failed. A group is never retried as one, so that a
 * slow twin or a poison row holds up nobody else.
 */
export function createGroup<Draft>(
  settings: GroupSettings<Draft>,
  codeOf: (error: unknown) => string | undefined,
): (claim: Claim, draft: Draft) => Promise<Outcome | Unsettled> {
  const statementOf = createStatements(settings)
  const waiting: Member<Draft>[] = []
  let running = 0
  let underWay = 0

  async function run(): Promise<void> {
    running += 1
    // One turn of the event loop, so that attempts read from other sockets in it come along.
    await new Promise(setImmediate)
    while (waiting.length > 0 && (running === 1 || isWorthASecond())) {
      const members = waiting.splice(0, mostInGroup)
      underWay += members.length
      await send(members)
      underWay -= members.length
    }
    running -= 1
  }

  /** Only when it is no smaller than the first, or groups would wear down to one attempt each. */
  function isWorthASecond(): boolean {
    return waiting.length >= underWay
  }

  /** Never rejects: each member is settled or failed. */
  async function send(members: readonly Member<Draft>[]): Promise<void> {
    const group = chooseGroup(settings, members)
    if (group.length === 0) return
    let rest: Unsettled = 'left_out'
    try {
      for (const row of await settings.query(statementOf(group))) settleOne(group, row)
    } catch (error) {
      if (troubleOf(codeOf(error), true) === 'unknown') rest = 'in_doubt'
    }
    // For who is settled already this says nothing more.
    for (const member of group) member.settle(rest)
  }

  return function join(claim, draft) {
    return new Promise((settle, fail) => {
      waiting.push({ claim, draft, settle, fail })
      if (running === 0 || (running < groupsAtOnce && isWorthASecond())) void run()
    })
  }
}

/** The first of each key and of each identity; two rows of one key would both be made by its one claim. */
function chooseGroup<Draft>(
  settings: GroupSettings<Draft>,
  members: readonly Member<Draft>[],
): Ready<Draft>[] {
  const group: Ready<Draft>[] = []
  const keys = new Set<string>()
  const identities = new Set<string>()
  for (const member of members) {
    try {
      const { owner, key } = member.claim
      const prepared = settings.effect.prepare(member.draft, settings.now())
      const text = JSON.stringify(settings.answer.parse(prepared.answer))
      const isFirst =
        takes(keys, owner, key) &&
        (prepared.identity === undefined || takes(identities, owner, prepared.identity))
      if (isFirst) group.push({ ...member, prepared, text })
      else member.settle('left_out')
    } catch (error) {
      member.fail(error)
    }
  }
  return group
}

/** False when it was taken before. NUL cannot be part of what is stored, so no two pairs share a name. */
function takes(taken: Set<string>, owner: string, name: string): boolean {
  const pair = `${owner}\0${name}`
  if (taken.has(pair)) return false
  taken.add(pair)
  return true
}

function settleOne<Draft>(group: readonly Ready<Draft>[], row: Record<string, unknown>): void {
  const member = group[Number(row.at) - 1]
  if (member === undefined) return
  try {
    member.settle(
      row.executed === true
        ? { kind: 'answer', text: member.text, replayed: false }
        : replay(row as IdempotencyRecord, member.claim),
    )
  } catch (error) {
    member.fail(error)
  }
}

/** Makes the two texts once: the database knows a statement by its name and plans it once for each. */
function createStatements<Draft>({ effect, operation, policy }: GroupSettings<Draft>) {
  const { one, many } = groupStatements(effect)
  const columns = Object.keys(effect.columns)

  return (group: readonly Ready<Draft>[]) => {
    const arrays = [
      group.map(({ claim }) => claim.owner),
      group.map(({ claim }) => claim.key),
      group.map(({ claim }) => claim.fingerprint),
      group.map(({ claim }) => mintedAt(claim.key)?.toISOString() ?? null),
      group.map(({ text }) => text),
      ...columns.map((column) => group.map(({ prepared }) => prepared.row[column])),
    ]
    const alone = group.length === 1
    return {
      name: `idem_${alone ? 'lone' : 'group'}_${operation}`,
      text: alone ? one : many,
      values: [operation, policy.retentionHours, ...(alone ? arrays.flat() : arrays)],
    }
  }
}
