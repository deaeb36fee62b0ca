import { connect } from 'node:net'

/** Whether the server takes a connection. A request could disturb an endpoint that does not expect it. */
export function accepts({ hostname, port, protocol }: URL): Promise<boolean> {
  const standard = protocol === 'https:' ? 443 : 80
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return new Promise((resolve) => {
    const socket = connect(port === '' ? standard : Number(port), host)
    const end = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
