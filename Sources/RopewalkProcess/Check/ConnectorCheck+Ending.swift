import GoPlugin
import RopewalkConnector
import RopewalkCore

extension ConnectorCheck {
  func stopping() async throws -> String {
    let stage = stage
    let clock = ContinuousClock()
    guard let end = stage.plan.outgoing else {
      let (ends, end) = try anyEnd()
      let asked = try await stage.withOpen(ends, end) { _, _ in clock.now }
      return try verdict(clock.now - asked, "it")
    }
    var source = CheckMessages(marker: marker + "-stop")
    let messages = source.make(200)
    let (outcomes, asked) = try await stage.withConnector(.outgoing) { _, remote in
      try await stage.noting { try await remote.connect(stage.configuration(end.settings, for: remote.metadata, .outgoing)) }
      async let sent = stage.sendAll(messages, over: remote)
      await remote.disconnect()
      return (await sent, clock.now)
    }
    if let final = outcomes.compactMap(\.self).first(where: { !$0.recoverable }) {
      throw CheckFailure("a message under way failed for good instead of as recoverable: \(final)")
    }
    let delivered = outcomes.count { $0 == nil }
    return try verdict(clock.now - asked, "\(delivered) of \(messages.count) delivered, the others given back;")
  }

  private func verdict(_ waited: Duration, _ what: String) throws -> String {
    guard waited < CheckStage.stopGrace else {
      throw CheckFailure("it had to be killed after \(CheckStage.stopGrace); a connector ends when go-plugin's controller says so")
    }
    return "\(what) ended within \(waited.milliseconds)"
  }

  func output() throws -> String {
    let printed = stage.log.printed
    guard let first = printed.first else { return "nothing but the handshake" }
    throw CheckFailure("\(printed.count) lines, the first: \(first.prefix(200)); write to standard error, or log")
  }

  func secrets() throws -> String {
    if stage.log.contains(stage.canary) { throw CheckFailure("a credential or secret stands in its log or in an error") }
    if stage.log.contains(marker) { throw CheckFailure("a message's payload stands in its log or in an error") }
    return "neither in its log nor in its errors"
  }
}
