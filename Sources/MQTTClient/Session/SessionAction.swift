/// What the driver of a session must do, in this order, before it gives the next input.
package enum SessionAction: Equatable, Sendable {
  /// Start to open a link; answer with `linkOpened` or `linkFailed`.
  case openLink
  /// End the link, or the attempt to open it; nothing of it may be reported afterwards.
  case closeLink(LinkClosing)
  case send(Packet)
  /// Send this QoS 0 message; how it ended is the link's to say, once.
  case sendOnce(UInt64, Publish)
  /// A message from the broker; acknowledge it when it is safe.
  case deliver(Publish, AckToken)
  /// The broker will not repeat this QoS 2 message; record that its identifier is free.
  case released(PacketID)
  /// The first PUBLISH of this message in this process was given to the link.
  case sent(UInt64)
  /// The broker has received this QoS 2 message; record it.
  case received(UInt64)
  /// The broker lost a QoS 2 message that it had received: record that it must be sent again.
  case restarted(UInt64)
  case finished(UInt64, PublishOutcome)
  /// The exchange of a publish is over that was `finished` before because of its deadline or a wish.
  case settled(UInt64)
  /// One reason code per filter of the request.
  indirect case subscribed(UInt64, [ReasonCode], reasonString: String?)
  indirect case unsubscribed(UInt64, [ReasonCode], reasonString: String?)
  /// The broker lost its session and refuses a subscription that it used to serve.
  case subscriptionLost(filter: String, ReasonCode)
  /// The broker has more unacknowledged messages under way than we offered to take.
  case receiveMaximumExceeded(by: Int, maximum: Int)
  /// The broker accepted the connection.
  indirect case up(ConnectAck)
  /// There is no connection; `retryIn` until the next attempt, nil if there will be none.
  indirect case down(DownReason, retryIn: Duration?)
  /// Ask the authenticator, in a task of its own; answer with `authenticated`.
  indirect case authenticate(AuthenticationRequest)
  /// Cancel what the authenticator is doing, and tell its exchange.
  indirect case endAuthentication(AuthenticationFailure)
  indirect case authentication(AuthenticationEvent)
  /// How the re-authentication with this key ended.
  indirect case reauthenticated(UInt64, ReauthenticationOutcome)
  /// The broker names other servers, whether we follow or not; `down` comes next.
  indirect case referred(RedirectRequest)
  /// Connect there from the next `openLink` on; nil is to the configured servers again.
  indirect case redirect(RedirectTarget?)
  /// Ask the application, in a task of its own; answer with `redirectDecided`.
  indirect case askRedirect(number: UInt64, RedirectRequest)
  /// The time to finish everything was too short; the outcomes of what is left follow.
  indirect case drainExpired(SessionCounts)
  /// The last action, after `stop` or after the session gave up.
  case stopped
}
