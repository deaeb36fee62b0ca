import { type Environment, isLoopbackName } from '../environment.ts'
import { type Finding, type Judgement, ok, problem, warning } from './finding.ts'

const withinMs = 5_000

type Proxied = Pick<Environment, 'IDEM_TRUSTED_PROXIES' | 'PORT'> & {
  /** `IDEM_PUBLIC_URL`. */
  readonly url: string
  readonly installationId: string | undefined
}

/** Asks as a browser would, so the name, the certificate and the proxy are those of people. */
export async function checkProxy(proxied: Proxied): Promise<Finding[]> {
  const { url } = proxied
  const about = 'public URL'
  const page = await ask(`${url}/sign-in`)
  if (page instanceof Error) return [{ about, ...unreachable(url, page) }]
  const reached = judgePage(page, proxied)
  const findings: Finding[] = [{ about, ...reached }]
  if (reached.level === 'problem') return findings
  findings.push({ about: 'proxy', ...(await judgeForwarding(proxied)) })
  findings.push({ about: 'caching', ...(await judgeCaching(url)) })
  return findings
}

type Asked = { readonly status: number; readonly headers: Headers; readonly text: string }

async function ask(url: string): Promise<Asked | Error> {
  try {
    const signal = AbortSignal.timeout(withinMs)
    const { status, headers, ...answer } = await request(url, signal)
    return { status, headers, ...answer }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function request(url: string, signal: AbortSignal): Promise<Asked> {
  const answer = await fetch(url, { signal, redirect: 'manual' })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** A router without a way back to itself is common at home, so an unreachable name may be one only from here. */
function unreachable(url: string, error: Error): Judgement {
  const reason = error.cause instanceof Error ? error.cause.message : error.message
  return warning(
    `${url} does not answer here (${reason}); is the server running, and does the name lead to your proxy, with a valid certificate?`,
  )
}

/** The statuses of a proxy whose upstream does not answer; the server itself answers the sign-in page with none of them. */
const badGateway: readonly number[] = [502, 503, 504]

function judgePage({ status, headers, text }: Asked, { url, installationId }: Proxied): Judgement {
  if (status === 403 && /"forbidden"/.test(text)) {
    return problem(
      `the server refuses requests of the proxy at ${url}; let it forward the original Host (nginx: proxy_set_header Host $host)`,
    )
  }
  if (text.startsWith('This server answers below')) {
    return problem(
      `the proxy removes the path of ${url}; let it pass the path on as it is (nginx: proxy_pass without a path)`,
    )
  }
  if (badGateway.includes(status)) {
    return problem(
      `the proxy at ${url} answers ${status}, so it does not reach the server; start the server, or point the proxy to its HOST and PORT`,
    )
  }
  const served = /<html[^>]* data-installation="([^"]+)"/.exec(text)?.[1]
  if (served === undefined) {
    return problem(
      `${url} answers ${status} with something else than Idem; point the proxy to HOST and PORT of this server`,
    )
  }
  if (installationId !== undefined && served !== installationId) {
    return problem(
      `${url} leads to another installation of Idem; point the proxy to this server, or correct IDEM_PUBLIC_URL`,
    )
  }
  if (!headers.has('idem-release')) {
    return problem(
      'the proxy drops the header Idem-Release, so browsers forget the page; pass it on',
    )
  }
  if (headers.get('connection') === 'close') {
    return warning(
      `${url} closes the connection after each request; enable keep-alive in the proxy`,
    )
  }
  return ok(`${url} leads to this installation`)
}

/** The server answers /metrics to a request that looks direct, so the proxy has left no header. */
async function judgeForwarding({ url, PORT, IDEM_TRUSTED_PROXIES }: Proxied): Promise<Judgement> {
  if (isOwnAddress(url, PORT))
    return ok('none, because the public URL is the address of the server')
  const metrics = await ask(`${url}/metrics`)
  if (!(metrics instanceof Error) && metrics.status === 200) {
    return problem(
      `requests at ${url} look as if they came from this machine, so anyone reads /metrics and attempts to sign in are not counted by client; let the proxy set X-Forwarded-For`,
    )
  }
  if (url.startsWith('https:') && IDEM_TRUSTED_PROXIES.length === 0) {
    return warning(
      'IDEM_TRUSTED_PROXIES is not set, so all people share one count of attempts to sign in; set it to the address from which the proxy connects',
    )
  }
  return ok('forwards who is asking')
}

/** Only this machine uses it. */
function isOwnAddress(url: string, port: number): boolean {
  const { protocol, hostname, port: named } = new URL(url)
  return protocol === 'http:' && isLoopbackName(hostname) && Number(named || 80) === port
}

async function judgeCaching(url: string): Promise<Judgement> {
  const worker = await ask(`${url}/service-worker.js`)
  const cache = worker instanceof Error ? null : worker.headers.get('cache-control')
  return cache === 'no-cache'
    ? ok('left to the server')
    : problem(
        `the proxy changes Cache-Control of /service-worker.js to ${cache}, which would hide the next release; let it pass on what the server says`,
      )
}
