import { get, keyedCreate, keyedDelete } from '../load/requests.ts'
import { addressOf, type ClientsReport, runClients, seconds } from '../load/run-clients.ts'

/** Clients at work, not a load generator: each from an address of its own, all together some hundred requests per second. */
const clients = 20
const everyMs = 50

const requests = [keyedCreate, () => get('listTodos'), keyedDelete]

/** They create, list and delete in turn; with API keys, each as the account of one of them. */
export function runPoliteClients(
  url: string,
  duration: number,
  apiKeys: readonly string[] = [],
): Promise<ClientsReport> {
  let asked = 0
  return runClients({
    ...{ url, clients, until: seconds(duration), from: addressOf },
    next(client) {
      asked += 1
      const apiKey = apiKeys[client % apiKeys.length]
      return { ...(requests[asked % requests.length] ?? keyedCreate)(), apiKey, everyMs }
    },
  })
}
