import { refusalOf } from '@idem/outbox'
import { useCallback, useEffect, useRef, useState } from 'react'
import { needsSignIn } from './needs-sign-in.ts'
import { type Poll, startPoll } from './poll.ts'
import { type Cursored, type ReadPage, readPages, type Wanted } from './read-pages.ts'
import { retryAfter } from './retry-after.ts'

/** A single failure is not shown when the next attempt follows soon. */
const soonMs = 1_000
/** The maximum delay until another device's change is shown. */
const refetchMs = 10_000
/** The pages that are read in that time: a long list must not keep the server busy. */
const pagesPerRefetch = 3

/** `refused`: the server was reached, and is too busy or has failed. `signed_out`: a person has to sign in. */
export type Failure = 'unreachable' | 'refused' | 'signed_out'

export type PagesView<Page> = {
  /** The pages of one pass over the list; undefined until the first is read. */
  readonly pages: readonly Page[] | undefined
  /** Why the last two attempts did not succeed. */
  readonly failure: Failure | undefined
  readonly reload: () => void
  /** Undefined when the last page is read. */
  readonly readMore: (() => void) | undefined
}

type State<Page> = Pick<PagesView<Page>, 'pages' | 'failure'> & {
  readonly read: ReadPage<Page> | undefined
}

const unread = { pages: undefined, failure: undefined }

/**
 * Reads a list page by page, and all its pages again every 10 s while the page is visible. The
 * identity of `read` names the list: with another `read` another list begins. Without one nothing is read.
 * `firstCount`: how many pages are read at first.
 */
export function usePages<Page extends Cursored>(
  read: ReadPage<Page> | undefined,
  firstCount = onePage,
): PagesView<Page> {
  const [state, setState] = useState<State<Page>>({ read, ...unread })
  const poll = useRef<Poll>(undefined)
  const wanted = useRef<Wanted<Page>>({ pages: [], count: 1 })

  useEffect(() => {
    wanted.current = { pages: [], count: firstCount() }
    if (read === undefined) return
    let failures = 0
    const started = startPoll(async (signal) => {
      const { pages: known, count } = wanted.current
      try {
        const pages = await readPages(read, { pages: known, count }, signal)
        if (signal.aborted) return soonMs
        failures = 0
        wanted.current = { pages: [], count: pages.length }
        setState({ read, pages, failure: undefined })
        return refetchMs * Math.ceil(pages.length / pagesPerRefetch)
      } catch (error) {
        if (signal.aborted) return soonMs
        failures += 1
        const wait = retryAfter(error) ?? (failures === 1 ? soonMs : refetchMs)
        const isLong = typeof wait === 'object' && wait.askedMs >= refetchMs
        if (failures > 1 || isLong || isSignedOut(error))
          setState((before) => failed(before, read, error))
        return wait
      }
    })
    poll.current = started
    return () => {
      started.stop()
      poll.current = undefined
    }
  }, [read, firstCount])

  const reload = useCallback(() => poll.current?.now(), [])
  const { pages, failure } = state.read === read ? state : unread

  function readMore(): void {
    // Otherwise the page is on its way.
    if (pages === undefined || wanted.current.count > pages.length) return
    wanted.current = { pages, count: pages.length + 1 }
    poll.current?.now()
  }

  return {
    pages,
    failure,
    reload,
    readMore: pages?.at(-1)?.nextCursor ? readMore : undefined,
  }
}

function onePage(): number {
  return 1
}

/** The pages of another list are not those of this one. */
function failed<Page>(before: State<Page>, read: State<Page>['read'], error: unknown): State<Page> {
  return {
    read,
    pages: before.read === read ? before.pages : undefined,
    failure: failureOf(error),
  }
}

function failureOf(error: unknown): Failure {
  if (isSignedOut(error)) return 'signed_out'
  return refusalOf(error) === undefined ? 'unreachable' : 'refused'
}

function isSignedOut(error: unknown): boolean {
  return needsSignIn(refusalOf(error))
}
