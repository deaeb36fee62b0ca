import { isDeepStrictEqual } from 'node:util'
import { type Answer, isSuccess } from '../../http/send.ts'
import { parsed } from '../../lab/key-in.ts'
import type { Profile } from '../../profiles.ts'
import { held, notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { broken } from '../one-effect.ts'

export const sameAnswer: Attack = {
  name: 'the answer to a repetition is compared',
  async run(lab) {
    if (!lab.profile.replaysAnswer) return notChecked('this promise allows another answer')
    const request = lab.newIntent()
    const first = await lab.settle(request)
    const replay = await lab.settle(request)
    if (!isSuccess(first)) return notChecked(`the first was answered ${first.status}`)
    if (replay.status === 'no answer') return notChecked('the repetition got no answer')
    const differences = differencesOf(first, replay, lab.profile)
    if (differences.length > 0) return broken(request, differences.join('; '))
    return held(`${noteOn(first, replay)}, ${['body', ...lab.profile.replaysHeaders].join(', ')}`)
  },
}

function differencesOf(first: Answer, replay: Answer, profile: Profile): string[] {
  const headers = profile.replaysHeaders.flatMap((name) => {
    const [was, is] = [first.headers[name], replay.headers[name]]
    return was === is ? [] : [`${name}: ${was ?? 'none'}, then ${is ?? 'none'}`]
  })
  return [
    ...(first.status === replay.status ? [] : [`status: ${first.status}, then ${replay.status}`]),
    ...(isSameBody(first, replay) ? [] : [`body: ${shown(first)}, then ${shown(replay)}`]),
    ...headers,
  ]
}

function isSameBody(first: Answer, replay: Answer): boolean {
  if (first.body === replay.body) return true
  const [was, is] = [parsed(first.body), parsed(replay.body)]
  return was !== undefined && isDeepStrictEqual(was, is)
}

/** A cookie may be a new one with each answer, so it is told and not blamed. */
function noteOn(first: Answer, replay: Answer): string {
  const [was, is] = [first.headers['set-cookie'], replay.headers['set-cookie']]
  const cookies = isDeepStrictEqual(was, is) ? '' : ' (Set-Cookie differs)'
  return `the same status${cookies}`
}

function shown({ body }: Answer): string {
  return body === '' ? 'none' : body.slice(0, 100)
}
