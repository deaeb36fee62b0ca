import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { router } from '../../../../router.js'

const handler = (req) =>
  fetchRequestHandler({ endpoint: '/api/trpc', req, router, createContext: () => ({}) })

export { handler as POST }
