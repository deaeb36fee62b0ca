import { textOf } from '../json.ts'
import type { Outcome } from '../records/claim.ts'
import type { KeyPolicy } from '../records/key-policy.ts'
import { clockRefusal, fromFuture, outsideWindow, replay } from '../records/records.ts'
import { reportTo } from '../reporting/report-attempts.ts'
import { type FailureKind, failureKindOf } from '../run/failure-kind.ts'
import { outcomeOfError } from '../stored-error.ts'
import type {
  BatchChange,
  BatchEffect,
  BatchSettings,
  BatchSteps,
  Join,
  PoolName,
  Unsettled,
} from './batch-settings.ts'
import { createBatchStatements } from './batch-statement.ts'
import type { CreateExecutor, Executor, MemberRow } from './executor.ts'
import { createPartsQueue, type Part, type StatementKind, split } from './split-batch.ts'
import { createWaitingMembers, isWanted, type Member, namesOf } from './waiting-members.ts'

/**
 * While one batch is written to the disk the next is already sent, so neither the
 * database nor this process waits for the other. More batches at once gained nothing.
 */
export const batchesAtOnce = 2

/** A batch takes a few milliseconds. One that takes this long may be on a dead connection, and no attempt waits for its end. */
const slowBatchMs = 50

type RunningBatch = { readonly size: number; readonly sentAt: number }

/**
 * Group commit: attempts that arrive while one batch runs form the next, and each
 * batch claims, executes and stores in one autocommitted statement: one commit
 * for many attempts. When their effects depend on what is stored, a statement
 * before it reads that.
 *
 * A failed batch is never retried as a whole: it is split into parts, on a
 * connection of their own, until the failing attempt is isolated. So neither a
 * slow duplicate nor a row that cannot be inserted holds up the other attempts or
 * gives each a transaction of its own.
 */
export function createBatch<Draft>(
  settings: BatchSettings<Draft>,
  createExecutor: CreateExecutor<Draft> = executorOf,
): Join<Draft> {
  const { codeOf, held, inTurn = atOnce } = settings
  // Turns limit the batches of a node. Behind two of a shard that are silent its attempts would wait for five seconds.
  const most = settings.inTurn === undefined ? batchesAtOnce : Number.POSITIVE_INFINITY
  const steps = stepsOf(settings.definition)
  const execute = createExecutor(steps, settings)
  const later = createPartsQueue<Draft>((part) =>
    inTurn(() => send(part, 'parts')).catch(() => leaveAlone(part.members)),
  )
  const waiting = createWaitingMembers<Draft>()
  const runningBatches = new Set<RunningBatch>()
  let running = 0
  let isWaitingForATurn = false
  let isLookingAgain = false

  async function run(): Promise<void> {
    running += 1
    // One turn of the event loop, so that attempts from other sockets in the same turn join the batch.
    await new Promise(setImmediate)
    let isGoingOn = true
    while (isGoingOn && waiting.length > 0 && (running === 1 || isWorthASecond())) {
      isWaitingForATurn = true
      await inTurn(async () => {
        isWaitingForATurn = false
        isGoingOn = await sendNext()
      }).catch(leaveAll)
    }
    running -= 1
  }

  /** The batch is formed when it has its turn, so that it has all attempts that wait by then. */
  async function sendNext(): Promise<boolean> {
    const members = waiting.take()
    // All waiting attempts share an id with the other batch, and go on when it has ended.
    if (members.length === 0) return false
    const batch: RunningBatch = { size: members.length, sentAt: performance.now() }
    runningBatches.add(batch)
    await send({ kind: steps.first, members }, 'batches')
    runningBatches.delete(batch)
    waiting.ended(members)
    return true
  }

  /** Their node has no room for a batch. Alone they are told so. */
  function leaveAll(): void {
    isWaitingForATurn = false
    const members = waiting.take()
    leaveAlone(members)
    waiting.ended(members)
  }

  function leaveAlone(members: readonly Member<Draft>[]): void {
    for (const { settle } of members) settle('left_out')
  }

  /** Only when it is no smaller than the first, or batches would shrink to one attempt each; unless the first is slow. */
  function isWorthASecond(): boolean {
    const quickSince = performance.now() - slowBatchMs
    let quick = 0
    for (const { size, sentAt } of runningBatches) if (sentAt > quickSince) quick += size
    return waiting.length >= quick
  }

  function startOrWait(): void {
    if (running === 0 || (running < most && !isWaitingForATurn && isWorthASecond())) void run()
    else if (!isLookingAgain) lookAgain()
  }

  /** Looks when the running batch has ended, or is slow. One timer for all waiting attempts. */
  function lookAgain(): void {
    isLookingAgain = true
    setTimeout(() => {
      isLookingAgain = false
      if (waiting.length > 0) startOrWait()
    }, slowBatchMs)
  }

  /** Never rejects: each member is settled, failed, or in a part that waits to be sent. */
  async function send({ kind, members: sent }: Part<Draft>, from: PoolName): Promise<void> {
    // Nothing is committed for them yet, and callers may have left since the statement before.
    const members = sent.filter(isWanted)
    if (members.length === 0) return
    const part = { kind, members }
    try {
      const rows = await execute[kind](members, from)
      const decided = rows.flatMap((row) => settleOrDecide(part, row) ?? [])
      if (rows.length < members.length) leave(kind, withoutRow(members, rows))
      await sendDecided(decided, from)
    } catch (error) {
      afterFailure(part, codeOf(error))
    }
  }

  /** Returns the member when what was read decides its outcome. */
  function settleOrDecide({ kind, members }: Part<Draft>, row: MemberRow) {
    const member = members[Number(row.at) - 1]
    if (member === undefined) return undefined
    try {
      const decided = kind === 'read' ? decide({ ...settings, steps }, member, row) : undefined
      if (decided === undefined) settleByRow(settings.policy, member, row)
      return decided
    } catch (error) {
      member.fail(error)
      return undefined
    }
  }

  /** Changes are made at once, before what was read changes; an outcome without an effect can wait. */
  async function sendDecided(decided: readonly Decided<Draft>[], from: PoolName): Promise<void> {
    const members = (kind: StatementKind) => decided.filter((each) => each.next === kind)
    const [changes, others] = [members('execute'), members('store')]
    if (others.length > 0) later.addTogether({ kind: 'store', members: others })
    if (changes.length > 0) await send({ kind: 'execute', members: changes }, from)
  }

  /** Sends the attempts that the first statement left out to be read. One that stays open, or whose row changed after it was read, runs alone. */
  function leave(kind: StatementKind, members: readonly Member<Draft>[]): void {
    if (kind === 'execute' && steps.first === 'execute')
      later.addTogether({ kind: 'read', members })
    else leaveAlone(members)
  }

  function afterFailure(part: Part<Draft>, code: string | undefined): void {
    const { kind, members } = part
    const { name: operation, onFailedBatch } = settings
    reportTo(onFailedBatch, { operation, size: members.length, sqlState: code ?? 'unknown' })
    const failure = failureKindOf(code, true)
    if (splittable.has(failure) && members.length > 1) {
      later.addSplit(split(part))
      return
    }
    // Reading committed nothing.
    const reason =
      (kind === 'read' && failure === 'unknown' ? undefined : reasons[failure]) ?? 'left_out'
    for (const { claim, settle } of members) {
      if (reason === 'held') held.add(claim)
      settle(reason)
    }
  }

  return async function join(claim, draft) {
    const { row, answer, identity } = steps.prepare(draft, settings.now())
    const outcome = steps.first === 'execute' ? answerOutcome(settings, answer) : undefined
    // A guess is good enough: a wrong one only makes the attempt run alone.
    if (held.has(claim)) return 'held'
    return new Promise<Outcome | Unsettled>((settle, fail) => {
      const names = namesOf(claim, identity)
      waiting.add({ claim, draft, row, names, outcome, settle, fail })
      startOrWait()
    })
  }
}

function executorOf<Draft>(
  steps: BatchSteps<Draft>,
  settings: BatchSettings<Draft>,
): Executor<Draft> {
  const statementOf = createBatchStatements(steps, settings)
  const execute =
    (kind: StatementKind): Executor<Draft>[StatementKind] =>
    async (members, from) =>
      (await settings.pool.query(statementOf[kind](members), from)) as MemberRow[]
  return { execute: execute('execute'), read: execute('read'), store: execute('store') }
}

const atOnce = (work: () => Promise<void>) => work()

/** A member with its outcome, and what the next statement does for it. */
type Decided<Draft> = Member<Draft> & { readonly next: StatementKind }

/**
 * Decides the outcome of an attempt by what was read. Until the next statement has
 * stored it the key is free; if another attempt stores first, that is replayed. An
 * outcome without an effect is true: it held when the statement read, between the
 * call and its answer. A change is made only if the same is still stored.
 */
function decide<Draft>(
  settings: BatchSettings<Draft> & { readonly steps: BatchSteps<Draft> },
  member: Member<Draft>,
  found: MemberRow,
): Decided<Draft> | undefined {
  const { steps, now, errors } = settings
  if (found.state !== 'taken' || steps.decide === undefined) return undefined
  if (steps.first === 'execute' && found.existing === null) return undefined
  try {
    const existing = found.existing === null ? null : JSON.parse(found.existing)
    const { answer, row } = steps.decide(member.draft, existing, now())
    const outcome = answerOutcome(settings, answer)
    if (row === undefined) return { ...member, outcome, next: 'store' }
    const whole = { ...row, ...member.row }
    // A missing value would be stored as null.
    const isWhole = Object.keys(steps.parts.columns).every((name) => whole[name] !== undefined)
    return isWhole ? { ...member, outcome, row: whole, next: 'execute' } : undefined
  } catch (error) {
    const outcome = outcomeOfError(error, errors)
    // This error is not stored, and nothing was claimed.
    if (outcome === undefined) throw error
    return { ...member, outcome, next: 'store' }
  }
}

function withoutRow<Draft>(
  members: readonly Member<Draft>[],
  rows: readonly MemberRow[],
): Member<Draft>[] {
  const found = new Set(rows.map(({ at }) => at))
  return members.filter((_, at) => !found.has(at + 1))
}

function answerOutcome({ toJson }: Pick<BatchSettings<never>, 'toJson'>, answer: unknown): Outcome {
  return { kind: 'answer', text: textOf(toJson(answer)), replayed: false }
}

/** A failure that one member causes for all: without it the others succeed. */
const splittable: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'bug',
  'waited_too_long',
  'rolled_back',
])

const reasons: Partial<Record<FailureKind, Unsettled>> = {
  waited_too_long: 'held',
  unknown: 'ambiguous',
}

/**
 * Settles a member by its row. One without a decided outcome runs alone, and so does one whose
 * key is ahead: its refusal is stored, and replayed with the time of the response.
 *
 * @throws what the member fails with
 */
function settleByRow<Draft>(policy: KeyPolicy, member: Member<Draft>, row: MemberRow): void {
  const { claim, outcome, settle } = member
  if (row.state === 'outside') {
    const found = outsideWindow(policy, claim.key, new Date(row.server_time))
    // Alone, the look-up of one that has just expired also reads whether the key was forgotten.
    if (found.state === 'expired' || found.state === 'from_future') throw clockRefusal(found)
  }
  const isReplay = row.state === 'known' && row.refusal !== fromFuture
  const known = isReplay ? replay(row, claim) : undefined
  settle((row.state === 'executed' ? outcome : known) ?? 'left_out')
}

function stepsOf<Draft>(definition: BatchEffect<Draft> | BatchChange<Draft>): BatchSteps<Draft> {
  return 'change' in definition ? stepsOfChange(definition) : stepsOfEffect(definition)
}

/** An effect that follows from the call: it is executed at once, and read only when it exists already. */
function stepsOfEffect<Draft>(effect: BatchEffect<Draft>): BatchSteps<Draft> {
  const { whenTaken, prepare, ...parts } = effect
  return {
    first: 'execute',
    parts: { ...parts, existing: whenTaken?.existing ?? 'null::text' },
    distributed: parts.distributed,
    prepare,
    decide: whenTaken && ((draft, existing) => ({ answer: whenTaken.answer(draft, existing) })),
  }
}

/** An effect that depends on what is stored: it is read, decided, and executed if the same is stored still. */
function stepsOfChange<Draft>(effect: BatchChange<Draft>): BatchSteps<Draft> {
  const { columns, existing, find, change, unchanged, update, distributed } = effect
  return {
    first: 'read',
    parts: { columns, existing, taken: `not (${unchanged})`, insert: `${update} returning 1` },
    distributed,
    prepare: find,
    decide: change,
  }
}
