import type { Step } from './step.ts'

/** Sequences that found a difference once, each as short as fast-check made it. */
export const foundSequences: readonly { readonly name: string; readonly steps: readonly Step[] }[] =
  [
    {
      name: 'a key as old as its window is in flight for a minute, for every operation',
      steps: [
        { do: 'outcomeOf', owner: 0, api: 'trpc', server: 0, key: { kind: 'timed', minutes: 0 } },
        { do: 'pass', minutes: 690 },
        { do: 'pass', minutes: 690 },
        {
          do: 'delete',
          owner: 0,
          api: 'trpc',
          server: 0,
          todo: { kind: 'never', id: '99' },
          version: 'right',
          key: { kind: 'used', at: 0 },
        },
        { do: 'cancel', owner: 0, api: 'rest', server: 0, key: { kind: 'used', at: 0 } },
        { do: 'outcomeOf', owner: 0, api: 'trpc', server: 0, key: { kind: 'used', at: 0 } },
      ],
    },
    {
      name: 'a key whose record was removed has expired on both servers, also in the minute after the window of one',
      steps: [
        {
          do: 'update',
          owner: 0,
          api: 'trpc',
          server: 0,
          todo: { kind: 'never', id: '99' },
          version: 'right',
          key: { kind: 'timed', minutes: 0 },
        },
        { do: 'pass', minutes: 30 },
        { do: 'pass', minutes: 1290 },
        { do: 'pass', minutes: 1500 },
        { do: 'clean', server: 0 },
        { do: 'retry', api: 'trpc', server: 0, call: 0, atBoth: true },
      ],
    },
  ]
