import { type MutationAnswer, type MutationName, mutations } from '@idem/contract/operations'
import type { Transaction } from '@idem/database/prisma'
import { v7 } from 'uuid'
import { changeTodo } from './change-todo.ts'
import { createTodo } from './rules/create-todo.ts'
import { deleteTodo } from './rules/delete-todo.ts'
import { restoreTodo } from './rules/restore-todo.ts'
import { updateTodo } from './rules/update-todo.ts'
import type { TodoDraft } from './todo.ts'

const rules = { createTodo, deleteTodo, restoreTodo, updateTodo }

type Input = { readonly id?: string; readonly [member: string]: unknown }

/** The owner is ann. */
export function draftOf(name: MutationName, input: Input, owner = 'ann'): TodoDraft {
  const { id = v7() } = input
  const mutation = { ...mutations[name], rule: rules[name] }
  return { owner, id, isNew: input.id === undefined, mutation, input: { ...input, id } }
}

/** Runs it alone. */
export async function mutate<Name extends MutationName>(
  tx: Transaction,
  name: Name,
  { input, owner, at }: { readonly input: Input; readonly owner?: string; readonly at: Date },
): Promise<MutationAnswer<Name>> {
  // The rule of this name has given it.
  return (await changeTodo(tx, draftOf(name, input, owner), {
    key: 'k',
    now: at,
  })) as MutationAnswer<Name>
}
