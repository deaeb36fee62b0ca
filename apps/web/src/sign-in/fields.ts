import type { Field } from './form-field.tsx'

const fewest = 12
const most = 256

export const nameField: Field = {
  name: 'name',
  label: 'Name (optional)',
  type: 'text',
  autoComplete: 'name',
  error: () => undefined,
}

export const emailField: Field = {
  name: 'email',
  label: 'E-mail',
  type: 'email',
  autoComplete: 'username',
  error: (text) =>
    /^[^\s@]+@[^\s@]+$/.test(text)
      ? undefined
      : 'Write an e-mail address, such as ann@example.org.',
}

export const passwordField: Field = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autoComplete: 'current-password',
  error: (text) => (text === '' ? 'Write your password.' : undefined),
}

export const recoveryField: Field = {
  name: 'code',
  label: 'Recovery code',
  type: 'text',
  autoComplete: 'off',
  error: (text) => (text.trim() === '' ? 'Write a code.' : undefined),
  refused: 'This code is wrong, or was used before.',
}

export const codeField: Field = {
  ...recoveryField,
  label: 'Code',
  autoComplete: 'one-time-code',
  hint: 'The six digits that your app shows now, or a recovery code.',
}

/** No rule for its characters: a length is easy to reach, and the server knows the passwords that many people have. */
export const newPasswordField: Field = {
  ...passwordField,
  label: 'New password',
  autoComplete: 'new-password',
  hint: `At least ${fewest} characters. Several words are easy to remember.`,
  error(text) {
    if (text.length > most) return `A password has at most ${most} characters.`
    return text.length < fewest
      ? `These are ${text.length} of at least ${fewest} characters.`
      : undefined
  },
  refused:
    'This password is easy to guess: many people have it, or it repeats your address. Choose another one.',
}
