import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const worker = 'apps/web/src/shell/service-worker.js'
const inWorker = (test: string) => killingTest('apps/web/src/shell/service-worker.test.ts', test)

/** Whether the page opens without a network, and never with files or answers of another time. */
export const shellMutants: readonly Mutant[] = [
  {
    name: 'worker-answers-for-the-api',
    fault: 'The service worker answers requests of the API, so the page shows outdated data.',
    file: worker,
    changes: [{ from: "url.pathname !== '/' && isFile(url.pathname)", to: 'true' }],
    killedBy: inWorker('a request of the API, a mutation and another site'),
  },
  {
    name: 'page-of-another-release-is-kept',
    fault:
      'During an upgrade a page is kept with the files of another release, and is blank offline.',
    file: worker,
    changes: [{ from: "  await expectOneRelease(await cache.match('/'))\n", to: '' }],
    killedBy: inWorker('a page of another release than its files is not kept'),
  },
  {
    name: 'files-of-an-open-tab-are-removed',
    fault: 'A new release removes the files of a tab that is open.',
    file: worker,
    changes: [{ from: 'const keptReleases = 2', to: 'const keptReleases = 1' }],
    killedBy: inWorker('a tab of the previous release still loads its files'),
  },
  {
    name: 'the-page-of-the-device-comes-first',
    fault: 'The page of the device is shown although a newer release is reachable.',
    file: worker,
    changes: [
      { from: 'return Promise.race([usable.catch(() => kept), late(kept)])', to: 'return kept' },
    ],
    killedBy: inWorker('a page opened with a network is the newest one'),
  },
  {
    name: 'lab-drops-the-request',
    fault: 'The network lab drops the request in place of the answer, so it proves nothing.',
    file: 'apps/web/src/lab/faulty-fetch.ts',
    changes: [
      { from: '    const answer = await send(input, init)\n', to: '' },
      { from: '    return answer\n', to: '    return send(input, init)\n' },
    ],
    killedBy: killingTest(
      'apps/web/src/lab/faulty-fetch.test.ts',
      'the first two answers of each mutation are dropped after the server has them',
    ),
  },
  {
    name: 'hidden-page-reads',
    fault: 'A hidden page reads the list every ten seconds, on every device for ever.',
    file: 'apps/web/src/sync/poll.ts',
    changes: [{ from: ' && !document.hidden', to: '' }],
    killedBy: killingTest('apps/web/src/sync/poll.test.ts', 'a hidden page reads nothing'),
  },
]
