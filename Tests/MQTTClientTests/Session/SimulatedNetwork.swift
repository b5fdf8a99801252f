@testable import MQTTClient

/// Links, their latency, and their faults.
extension Simulation {
  mutating func openLink() {
    link += 1
    clientSeesLink = true
    lastToBroker = now
    lastToClient = now
    if isChaos, chance(15) {
      queue.add(.clientSeesEnd(link), at: now + delay(1...500))
    } else if !isChaos || chance(95) {
      queue.add(.linkOpens(link), at: now + delay(1...50))
    }
  }

  /// The client ends its link.
  mutating func closeLink(_ closing: LinkClosing) {
    clientSeesLink = false
    switch closing {
    case .afterWrites: queue.add(.brokerSeesEnd(link), at: max(now, lastToBroker))
    case .immediately:
      // A part of what is on its way still arrives.
      queue.add(.brokerSeesEnd(link), at: now + delay(0...40))
    }
  }

  mutating func send(_ packet: Packet) {
    do throws(EncodeError) {
      _ = try PacketEncoder.encodedSize(of: packet, version: options.version)
    } catch {
      problems.append("\(packet.type) cannot be encoded: \(error)")
    }
    lastToBroker = max(lastToBroker, now + delay(0...30))
    queue.add(.toBroker(link, packet), at: lastToBroker)
    let time = now
    session.wrote(at: time)
  }

  mutating func endAtBroker(_ number: Int) {
    guard number == brokerLink else { return }
    brokerLink = nil
    broker.linkLost()
  }

  /// The broker takes its time for an answer, and in bad times more, twice, or for ever.
  mutating func think(_ number: Int, _ packet: Packet) {
    guard isChaos, packet.isAcknowledgement else {
      return queue.add(.brokerThought(number, packet), at: now)
    }
    if chance(2) { return }
    let time = now + delay(chance(20) ? 0...400 : 0...5)
    queue.add(.brokerThought(number, packet), at: time)
    if hasUniqueIDs, chance(5) {
      queue.add(.brokerThought(number, packet), at: time + delay(0...50))
    }
  }

  mutating func answer(_ number: Int, _ packet: Packet) {
    guard number == brokerLink else { return }
    if case .connectAck = packet { acceptedLink = number }
    lastToClient = max(lastToClient, now + delay(0...30))
    queue.add(.toClient(number, packet), at: lastToClient)
  }

  mutating func fault() {
    switch Int.random(in: 0..<10, using: &random) {
    case 0...4: dropLink()
    case 5:
      guard options.version == .v5, let brokerLink, brokerLink == acceptedLink else {
        return dropLink()
      }
      let disconnect = chance(50) ? Disconnect(.serverShuttingDown) : referral()
      answer(brokerLink, .disconnect(disconnect))
      queue.add(.brokerSeesEnd(brokerLink), at: now)
    case 6:
      dropLink()
      guard losesSessions else { return }
      broker.loseSession()
      application.brokerLostSession()
    case 7:
      guard let brokerLink, brokerLink == acceptedLink else { return }
      // Nobody sent these; the identifier is of the range that no row uses.
      answer(brokerLink, .publishReceived(PublishReply(62_000)))
      answer(brokerLink, .publishAck(PublishReply(62_001)))
      answer(brokerLink, .publishRelease(PublishReply(62_002)))
    default: if restarts { restart() }
    }
  }

  /// What is on its way is lost; the client may learn of it late, or never.
  private mutating func dropLink() {
    guard clientSeesLink, let number = brokerLink, number == link else { return }
    queue.removeAll {
      switch $0 {
      case .toBroker(number, _), .toClient(number, _), .brokerThought(number, _): true
      default: false
      }
    }
    endAtBroker(number)
    if chance(75) { queue.add(.clientSeesEnd(number), at: now + delay(0...200)) }
  }
}

extension Packet {
  /// What a broker may owe for a while.
  var isAcknowledgement: Bool {
    switch self {
    case .publishAck, .publishReceived, .publishComplete, .subscribeAck, .unsubscribeAck: true
    case .connect, .connectAck, .publish, .publishRelease, .subscribe, .unsubscribe, .pingRequest,
      .pingResponse, .disconnect, .auth:
      false
    }
  }
}
