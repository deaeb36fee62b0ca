import type { Client } from '@idem/client/create-client'
import type { CallResult, RecordingClient } from './recording-client.ts'

type Create = Parameters<Client['createTodo']['mutate']>[0]
type Update = Parameters<Client['updateTodo']['mutate']>[0]
type Delete = Parameters<Client['deleteTodo']['mutate']>[0]
type Restore = Parameters<Client['restoreTodo']['mutate']>[0]

export type SenderCalls = ReturnType<typeof senderCalls>

/** The calls of a sender, with their names in the history. */
export function senderCalls(sender: number, line: RecordingClient) {
  return {
    create: (sent: Create): Promise<CallResult> =>
      line.settle(
        { sender, key: sent.idempotencyKey, operation: 'createTodo', input: sent.title },
        (client) => client.createTodo.mutate(sent),
      ),
    update: (sent: Update & { title: string }): Promise<CallResult> =>
      line.settle(
        {
          sender,
          key: sent.idempotencyKey ?? `update ${sent.title}`,
          operation: 'updateTodo',
          input: sent.title,
        },
        (client) => client.updateTodo.mutate(sent),
      ),
    remove: (sent: Delete): Promise<CallResult> =>
      line.settle(
        {
          sender,
          key: sent.idempotencyKey ?? nameOf('delete', sent),
          operation: 'deleteTodo',
          input: sent.id,
        },
        (client) => client.deleteTodo.mutate(sent),
      ),
    restore: (sent: Restore): Promise<CallResult> =>
      line.settle(
        {
          sender,
          key: sent.idempotencyKey ?? nameOf('restore', sent),
          operation: 'restoreTodo',
          input: sent.id,
        },
        (client) => client.restoreTodo.mutate(sent),
      ),
    cancel: (idempotencyKey: string): Promise<CallResult> =>
      line.settle({ sender, key: idempotencyKey, operation: 'cancel', input: '' }, (client) =>
        client.cancel.mutate({ idempotencyKey }),
      ),
    outcome: (idempotencyKey: string): Promise<CallResult> =>
      line.settle({ sender, key: idempotencyKey, operation: 'outcomeOf', input: '' }, (client) =>
        client.outcomeOf.query({ idempotencyKey }),
      ),
  }
}

function nameOf(operation: string, { id, version }: Delete): string {
  return `${operation} ${id} ${version ?? 'any version'}`
}
