import type { KeyPolicy } from '@idem/idempotency/key-policy'

export type ReconcileSettings = {
  /** Runs one statement by itself. It reads every todo: give it a minute and not the pool's 3 s. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly policy: KeyPolicy
}

/** How many of each were found. Anything but zero is a broken promise. */
export type Reconciliation = {
  /** Todos beyond the first that came by one key. */
  readonly duplicates: number
  /** Keys that were answered with a todo, of which nothing is there at the version they were told. */
  readonly keysWithoutEffect: number
  /** Todos younger than the retention whose key has no answer that names them. */
  readonly effectsWithoutKey: number
}

/** Compares keys with effects, in one look at both, so that nothing can happen in between. */
export async function reconcile({ query, policy }: ReconcileSettings): Promise<Reconciliation> {
  const [row] = await query(reconcileStatement, [policy.retentionHours])
  return {
    duplicates: Number(row?.duplicates),
    keysWithoutEffect: Number(row?.keys_without_effect),
    effectsWithoutKey: Number(row?.effects_without_key),
  }
}

// An opaque key counts as new once it was forgotten, and may make a todo a week; a timed key never.
// A key outlives its todo when tombstones are purged sooner than keys are cleaned, so of a todo
// that is gone altogether only creates are asked for: a purge takes no todo made within a day.
// A todo and its key are dated by two readings of the clock, and cleaning may be under way, hence
// the minutes: what is near the border is left to the next night.
const reconcileStatement = `
  with answered as materialized (
    select owner_id, key, operation, created_at, (answer::json ->> 'id')::uuid as id,
      (answer::json ->> 'version')::int as version
    from idempotency_record
    where operation in ('createTodo', 'updateTodo', 'restoreTodo') and answer is not null
  )
  select (
    select count(*) from (
      select created_key, created_at - lag(created_at) over (
        partition by owner_id, created_key order by created_at, id
      ) as since_last
      from todo where created_key is not null
    ) as by_key
    where since_last < make_interval(hours => $1::int) - interval '10 minutes'
      or (since_last is not null and created_key ~* '^[0-9a-f]{8}-[0-9a-f]{4}-7')
  ) as duplicates, (
    select count(*) from answered
    left join todo on todo.owner_id = answered.owner_id and todo.id = answered.id
    where todo.version < answered.version
      or (todo.id is null and answered.operation = 'createTodo'
        and answered.created_at > clock_timestamp() - interval '23 hours')
  ) as keys_without_effect, (
    select count(*) from todo
    where created_key is not null
      and created_at > clock_timestamp() - make_interval(hours => $1::int) + interval '10 minutes'
      and created_at > (select forgotten_before from installation) + interval '10 minutes'
      and not exists (
        select from answered
        where answered.owner_id = todo.owner_id and answered.key = todo.created_key
          and answered.operation = 'createTodo' and answered.id = todo.id
      )
  ) as effects_without_key`
