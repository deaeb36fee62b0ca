import { TodoPage } from '../todos/page/todo-page.tsx'

export default function Page() {
  return <TodoPage />
}
