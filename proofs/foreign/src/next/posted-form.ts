/** A form of a page as a browser without JavaScript sees it. */
export type PostedForm = {
  /** The key that the server has rendered. */
  readonly key: string
  readonly post: (fields: Fields) => Promise<Posted>
}

/** Fields of the person; a key replaces the rendered one. */
type Fields = Readonly<Record<string, string>>

export type Posted = {
  readonly status: number
  readonly location: string | null
  /** The text of the form's `p`. */
  readonly message: string
  /** The key of the form in the page that was the answer. */
  readonly nextKey: string
}

/** Opens a page, signed in as `user`; its first form, or another one. */
export async function openForm(url: string, user = 'ann', place = 0): Promise<PostedForm> {
  const headers = { cookie: `session=session-of-${user}` }
  const forms = (await (await fetch(url, { headers })).text()).split('<form').slice(1)
  const hidden = hiddenFields(forms[place] ?? '')
  return {
    key: keyIn(hidden),
    async post(fields) {
      const body = new FormData()
      for (const [name, value] of [...hidden, ...Object.entries(fields)]) body.set(name, value)
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' })
      const html = await response.text()
      return {
        status: response.status,
        location: response.headers.get('location'),
        message: /<p aria-live[^>]*>(.*?)<\/p>/s.exec(html)?.[1]?.replaceAll(/<.*?>/g, '') ?? '',
        nextKey: keyIn(hiddenFields(html)),
      }
    },
  }
}

function hiddenFields(html: string): (readonly [name: string, value: string])[] {
  const inputs = html.match(/<input type="hidden"[^>]*>/g) ?? []
  return inputs.map((input) => [attribute(input, 'name'), attribute(input, 'value')])
}

function attribute(tag: string, name: string): string {
  const text = new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? ''
  return text.replaceAll(/&(quot|amp|lt|gt|#x27);/g, (entity) => entities[entity] ?? entity)
}

const entities: Record<string, string> = {
  '&quot;': '"',
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&#x27;': "'",
}

function keyIn(fields: readonly (readonly [string, string])[]): string {
  return fields.find(([name]) => name === 'idempotencyKey')?.[1] ?? ''
}
