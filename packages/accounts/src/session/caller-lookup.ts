import type { Query } from '../query.ts'
import { secretHash } from '../secret-hash.ts'
import { isFullKey, isFullSession } from './session-state.ts'

/** How long another process may answer a session that has ended. */
const cachedMs = 5_000
/** Some megabytes. */
const mostEntries = 10_000

type Entry = { readonly owner: string | undefined; readonly until: number }

export type CallerLookupSettings = {
  /** Without one nobody is found. */
  readonly requiresSecondFactor?: boolean
  readonly now?: () => number
  /** Called with the error of a last use that was not written. */
  readonly onUnwritten?: ((error: unknown) => void) | undefined
}

export type CallerLookup = ReturnType<typeof createCallerLookup>

/**
 * Finds the owner of a session or API key by the hash of its token. All misses of a moment share one
 * statement, and unknown tokens are cached too: a flood of them costs one statement at a time.
 */
export function createCallerLookup(
  query: Query,
  {
    requiresSecondFactor = false,
    now = () => performance.now(),
    onUnwritten = () => {},
  }: CallerLookupSettings = {},
) {
  const cache = new Map<string, Entry>()
  let waiting: Batch | undefined
  let isWriting = false
  let running: Promise<unknown> = Promise.resolve()

  function remember(hash: string, owner: string | undefined): void {
    cache.delete(hash)
    const [oldest] = cache.keys()
    if (cache.size >= mostEntries && oldest !== undefined) cache.delete(oldest)
    cache.set(hash, { owner, until: now() + cachedMs })
  }

  /** The next batch collects while one is running. */
  function startBatch(): Batch {
    const batch: Batch = { hashes: new Set(), ended: new Set(), found: Promise.resolve(new Map()) }
    const answer = async () => {
      waiting = undefined
      inProgress.add(batch)
      try {
        const found = await ownersOf([...batch.hashes])
        for (const hash of batch.hashes) {
          if (!batch.ended.has(hash)) remember(hash, found.get(hash))
        }
        return found
      } finally {
        inProgress.delete(batch)
      }
    }
    batch.found = running.then(answer)
    running = batch.found.catch(() => {})
    return batch
  }
  const inProgress = new Set<Batch>()

  async function find(hash: string): Promise<string | undefined> {
    waiting ??= startBatch()
    const batch = waiting
    batch.hashes.add(hash)
    const owner = (await batch.found).get(hash)
    return batch.ended.has(hash) ? undefined : owner
  }

  async function ownersOf(hashes: readonly string[]): Promise<Map<string, string>> {
    const rows = await query(owners, [hashes, requiresSecondFactor])
    void writeUse(rows.filter(({ is_due }) => is_due === true).map(({ hash }) => hash))
    return new Map(rows.map(({ hash, owner }) => [String(hash), String(owner)]))
  }

  /** Nobody waits for it: a database that does not take it would let nobody in. A later look-up finds it due again. */
  async function writeUse(hashes: readonly unknown[]): Promise<void> {
    if (hashes.length === 0 || isWriting) return
    isWriting = true
    await query(lastUse, [hashes]).catch(onUnwritten)
    isWriting = false
  }

  return {
    /**
     * At once when it is cached.
     *
     * @throws the error of the database
     */
    ownerOf(token: string): string | undefined | Promise<string | undefined> {
      const hash = secretHash(token)
      const entry = cache.get(hash)
      return entry !== undefined && entry.until > now() ? entry.owner : find(hash)
    },
    /** A look-up that is on its way may still find the session that ends, so it is told. */
    end(token: string): void {
      const hash = secretHash(token)
      for (const batch of inProgress) batch.ended.add(hash)
      remember(hash, undefined)
    },
    /** Where not every ended token is known. */
    endAll(): void {
      for (const batch of inProgress) for (const hash of batch.hashes) batch.ended.add(hash)
      cache.clear()
    },
  }
}

type Batch = {
  readonly hashes: Set<string>
  readonly ended: Set<string>
  found: Promise<Map<string, string>>
}

const owners = `
  select token as hash, owner, auth_session.updated_at < now() - interval '5 minutes' as is_due
    from auth_session join auth_user on auth_user.id = user_id
    where token = any($1) and expires_at > now() and ${isFullSession('$2::boolean')}
  union all
  select hash, owner, coalesce(last_used_at < now() - interval '5 minutes', true)
    from api_key join auth_user on auth_user.id = user_id
    where hash = any($1) and disabled_at is null and (expires_at is null or expires_at > now())
      and ${isFullKey('$2::boolean')}`

/**
 * At most once in five minutes, whatever the number of processes. A session ends seven days after its last use, and
 * 30 days after its start in any case. One that has ended meanwhile is not prolonged. Days are added in UTC or without
 * a column: elsewhere their result depends on the zone, and Citus refuses to change rows by it.
 */
const lastUse = `
  with seen as (
    update auth_session set updated_at = now(),
        expires_at = least((created_at at time zone 'UTC' + interval '30 days') at time zone 'UTC', now() + interval '7 days')
      where token = any($1) and expires_at > now() and updated_at < (select now() - interval '5 minutes')
  )
  update api_key set last_used_at = now()
    where hash = any($1) and (last_used_at is null or last_used_at < (select now() - interval '5 minutes'))`
