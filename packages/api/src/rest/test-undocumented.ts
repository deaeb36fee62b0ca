import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApiDocument } from './openapi-document.ts'
import type { Received } from './test-exchange.ts'

type Response = {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, unknown>>
}

const document = JSON.parse(JSON.stringify(openApiDocument()))
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema(document, 'openapi')

/** The differences between an answer and the published document. */
export function undocumented(method: string, target: string, received: Received): string[] {
  const [path = ''] = target.split('?')
  const documented = responseOf(method, path, received)
  if (documented === undefined) return [`${method} ${path} may not answer ${received.status}`]
  return [
    ...bodyFaults(documented, received),
    ...ours
      .filter((name) => name in received.headers && !has(documented, name))
      .map((name) => `the header ${name} is not documented`),
    ...['etag', 'location']
      .filter((name) => has(documented, name) && !(name in received.headers))
      .map((name) => `the header ${name} is missing`),
  ]
}

const ours = ['etag', 'location', 'idempotent-replayed', 'idempotency-key-lifetime', 'retry-after']

type Found = { readonly response: Response; readonly at: string }

function responseOf(
  method: string,
  path: string,
  { status, refusal }: Received,
): Found | undefined {
  // An answer outside the operations is at least a problem document.
  if (refusal?.code === 'method_not_allowed' || refusal?.code === 'no_such_route') return anyProblem
  const template = Object.keys(document.paths).find((template) =>
    new RegExp(`^${template.replace(/\{\w+\}/, '[^/]+')}/?$`).test(path),
  )
  if (template === undefined) return refusal === undefined ? asIs : anyProblem
  const at = [
    template,
    (method === 'HEAD' ? 'GET' : method).toLowerCase(),
    'responses',
    `${status}`,
  ]
  const response = at.reduce((part, name) => part?.[name], document.paths)
  return response && { response, at: `openapi#/paths/${at.map(escaped).join('/')}` }
}

const problemType = 'application/problem+json'
const anyProblem: Found = {
  response: { content: { [problemType]: { schema: {} } } },
  at: 'openapi#/components/schemas/Problem',
}
/** HTML pages, which the document does not describe. */
const asIs: Found = { response: {}, at: '' }

function bodyFaults({ response, at }: Found, { headers, text, body }: Received): string[] {
  const type = headers['content-type']
  if (at === '' || (text === '' && response.content === undefined)) return []
  if (type === undefined || !(type in (response.content ?? {}))) return [`a body of type ${type}`]
  // A HEAD returns the headers only.
  if (text === '') return []
  const schema = at === anyProblem.at ? at : `${at}/content/${escaped(type)}/schema`
  const validate = ajv.getSchema(schema)
  if (validate === undefined) return [`there is no schema at ${schema}`]
  return validate(body) ? [] : (validate.errors ?? []).map((error) => JSON.stringify(error))
}

function has({ response }: Found, name: string): boolean {
  return Object.keys(response.headers ?? {}).some((known) => known.toLowerCase() === name)
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}
