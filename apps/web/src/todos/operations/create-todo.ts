import { intentVersion, type Operation, type Shared } from './operation.ts'

type CreateIntent = Shared<'createTodo'>

export const createTodo: Operation<CreateIntent, 'deleteTodo'> = {
  name: 'createTodo',
  words: {
    name: 'Add',
    done: 'added',
    noun: () => 'add',
    mine: 'Add it again',
    discard: 'Discard',
    late: 'Add it anyway',
    refusals: {
      invalid_input: 'The server did not accept this title.',
      forbidden: 'You may not add this.',
      key_expired: 'This waited so long that it may already be there. Add it anyway?',
    },
  },
  accepts: () => true,
  make: ({ id, title }) => ({ v: intentVersion, operation: 'createTodo', id, title }),
  show: ({ title }) => ({ title, completed: false }),
  freeze: ({ id, title }) => ({ state: 'frozen', body: { id, title } }),
  // The id was minted here, so an existing todo with it was created by an attempt whose key is forgotten.
  isDone: (refusal) => refusal?.code === 'id_taken',
  effectIn: (todo) => todo,
  // It repeats its id.
  mayGetNewKey: async () => true,
  inverse: 'deleteTodo',
  makesTodo: true,
}
