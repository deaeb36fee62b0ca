import { TodoPage } from '../todos/todo-page.tsx'

export default function Page() {
  return <TodoPage />
}
