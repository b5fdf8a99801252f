import EventLoop
import MQTTClient

/// The life of a scripted broker's thread.
final class BrokerLoop {
  private static let listenerToken: UInt64 = 0
  private static let mailboxToken: UInt64 = .max

  private var listener: TCPListener?
  private let address: SocketAddress
  private var poller: Poller
  private let mailbox: Mailbox<BrokerCommand>
  private let records: PacketRecords
  private let script: ScriptedBroker.Script
  private var model = BrokerModel()
  private var connections: [Int: BrokerConnection] = [:]
  private var lastConnection = 0

  init(
    _ listener: TCPListener, _ mailbox: Mailbox<BrokerCommand>, _ records: PacketRecords,
    _ script: @escaping ScriptedBroker.Script
  ) throws(SystemError) {
    self.listener = listener
    address = listener.address
    poller = try Poller()
    self.mailbox = mailbox
    self.records = records
    self.script = script
  }

  /// Serves until the mailbox closes.
  func run() {
    watch(mailbox.descriptor, .readable, Self.mailboxToken)
    setAccepting(true)
    var commands: [BrokerCommand] = []
    var events: [Poller.Event] = []
    while true {
      do throws(SystemError) {
        try poller.wait(atMost: nil) { events.append($0) }
      } catch {
        preconditionFailure("the scripted broker cannot wait: \(error)")
      }
      // What a test asked for before a packet left it happens before that packet is answered.
      guard mailbox.receive(into: &commands) else { return }
      for command in commands { handle(command) }
      commands.removeAll()
      settle()
      for event in events { handle(event) }
      events.removeAll()
    }
  }

  private func handle(_ event: Poller.Event) {
    switch event.token {
    case Self.mailboxToken: break
    case Self.listenerToken: acceptAll()
    default:
      guard let connection = connections[Int(event.token)] else { return }
      if event.isWritable { connection.write() }
      if event.isReadable || event.isClosed { read(connection) }
    }
    settle()
  }

  private func handle(_ command: BrokerCommand) {
    switch command {
    case .perform(let reactions, let number):
      react(reactions, to: nil, on: number ?? lastConnection)
    case .dropAll:
      for connection in connections.values { connection.reset() }
    case .accept(let isAccepting): setAccepting(isAccepting)
    }
  }

  private func acceptAll() {
    while let socket = (try? listener?.accept()) ?? nil {
      lastConnection += 1
      let connection = BrokerConnection(lastConnection, socket)
      connections[lastConnection] = connection
      watch(socket.descriptor, .readable, UInt64(lastConnection))
    }
  }

  private func read(_ connection: BrokerConnection) {
    connection.read { packet in
      let received = ReceivedPacket(
        connection: connection.number, index: connection.packetCount, packet: packet)
      connection.packetCount += 1
      react(script(received), to: packet, on: connection.number)
      records.add(received)
    }
  }

  private func react(_ reactions: [BrokerReaction], to packet: Packet?, on number: Int) {
    let connection = connections[number]
    for reaction in reactions {
      switch reaction {
      case .send(let packet): connection?.send(packet)
      case .sendBytes(let bytes): connection?.send(bytes)
      case .route(let publish): carryOut(model.route(publish))
      case .behave:
        if let packet { carryOut(model.received(packet, from: number)) }
      case .stopReading: connection?.isReading = false
      case .resumeReading:
        connection?.isReading = true
      case .close: connection?.closeAfterWrites()
      case .reset: connection?.reset()
      }
    }
  }

  private func carryOut(_ outputs: [BrokerModel.Output]) {
    for output in outputs {
      switch output {
      case .send(let packet, let number): connections[number]?.send(packet)
      case .close(let number): connections[number]?.closeAfterWrites()
      }
    }
  }

  /// Writes what waits, forgets what has ended, and tells the poller what is wanted now.
  private func settle() {
    for (number, connection) in connections {
      connection.write()
      guard connection.isOpen else {
        try? poller.remove(connection.descriptor)
        connections[number] = nil
        model.closed(number)
        continue
      }
      try? poller.modify(connection.descriptor, connection.interest, token: UInt64(number))
    }
  }

  private func setAccepting(_ isAccepting: Bool) {
    if !isAccepting {
      listener = nil
    } else {
      if listener == nil { listener = try? TCPListener(at: address) }
      if let listener { watch(listener.descriptor, .readable, Self.listenerToken) }
    }
  }

  private func watch(_ descriptor: Int32, _ interest: Poller.Interest, _ token: UInt64) {
    do throws(SystemError) {
      try poller.add(descriptor, interest, token: token)
    } catch {
      preconditionFailure("the scripted broker cannot watch a descriptor: \(error)")
    }
  }
}
