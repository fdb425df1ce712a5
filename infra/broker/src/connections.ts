// How many clients are served at a time, and who is turned away?
import type { Socket } from 'node:net'
import { Connection } from './connection'
import type { BrokerState } from './handlers/handler'
import type { Users } from './security/users'

/** All connections of a broker. */
export class Connections {
  private readonly open = new Set<Connection>()
  private readonly perAddress = new Map<string, number>()

  constructor(
    private readonly state: BrokerState,
    private readonly users: Users | undefined,
    private readonly onWarning: (message: string) => void
  ) {}

  /** Serves a client until it is gone, or closes its connection at once when there are as many as are allowed. */
  accept(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const refused = this.refusal(address)
    if (refused) {
      this.onWarning(`closed the connection of ${address}:${socket.remotePort}: ${refused}`)
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    const connection = new Connection({ socket, state: this.state, users: this.users, onWarning: this.onWarning })
    this.open.add(connection)
    this.perAddress.set(address, (this.perAddress.get(address) ?? 0) + 1)
    socket.on('close', () => this.forget(connection, address))
  }

  private refusal(address: string): string | undefined {
    const { connectionsMax, connectionsPerAddressMax } = this.state.limits
    if (this.open.size >= connectionsMax) return `connectionsMax allows ${connectionsMax} connections`
    const isOver = (this.perAddress.get(address) ?? 0) >= connectionsPerAddressMax
    return isOver ? `connectionsPerAddressMax allows ${connectionsPerAddressMax} connections of one address` : undefined
  }

  private forget(connection: Connection, address: string): void {
    this.open.delete(connection)
    const left = this.perAddress.get(address)! - 1
    if (left === 0) this.perAddress.delete(address)
    else this.perAddress.set(address, left)
  }

  /** Ends all connections at once. */
  close(): void {
    for (const connection of this.open) connection.close()
  }
}
