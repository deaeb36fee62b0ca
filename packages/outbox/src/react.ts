export type { FormIntent } from './react/form-intent.ts'
export { useAnswers } from './react/use-answers.ts'
export { useIntent } from './react/use-intent.ts'
export { useOutbox } from './react/use-outbox.ts'
