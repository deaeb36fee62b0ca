import { expect, test } from 'vitest'
import { readPasswordPolicy } from './password-policy.ts'

const about = ['ann.smith@todo.example', 'Ann Smith']

test.for([
  '1qaz2wsx3edc',
  'QwertyQwerty',
  'password1234',
  'idemidemidem',
  'AnnSmith2026!',
  'ann.smith@todo.example',
  'example-todo-1',
])('the new password %s is refused', async (password) => {
  const expectGoodPassword = await readPasswordPolicy('https://lists.example')
  expect(() => expectGoodPassword(password, ...about)).toThrow(
    expect.objectContaining({ refusal: expect.objectContaining({ paths: ['password'] }) }),
  )
})

test.for(['correct horse battery', 'thunderstorms', '        ten of them', 'Ann likes penguins'])(
  'the new password %s is accepted',
  async (password) => {
    const expectGoodPassword = await readPasswordPolicy('https://lists.example')
    expect(() => expectGoodPassword(password, ...about)).not.toThrow()
  },
)
