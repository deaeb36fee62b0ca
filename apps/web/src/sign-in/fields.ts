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

/** The length of a password is all that counts. */
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
}
