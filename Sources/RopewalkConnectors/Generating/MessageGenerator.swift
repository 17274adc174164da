import RopewalkConnector
import RopewalkCore

/// Makes messages at set times.
struct MessageGenerator: Sendable {
  /// How often there is one.
  enum Pace: Sendable {
    case unbounded
    /// Times that passed while nothing could be taken are made up for.
    case rate(Double)
    /// Times that passed while nothing could be taken are left out.
    case interval(Duration, immediate: Bool)
  }

  var pace: Pace
  /// Nil for no end.
  var count: Int?
  var payload: PayloadTemplate
  var contentType: String
  var customers: Int
  /// Nil where messages name no customer.
  var customerHeader: String?
  var parallel: Int
  var source: String

  /// Returns after the last message, or when the task is cancelled.
  func run(into inbox: PatientInbox) async throws(ConnectionError) {
    var number = 0
    let clock = ContinuousClock()
    let start = clock.now
    var due = start
    try await forEachElement(
      atMost: parallel,
      next: { () async throws(ConnectionError) -> Int? in
        if let count, number == count { return nil }
        switch pace {
        case .unbounded: break
        case .rate(let rate): due = start.advanced(by: .seconds(Double(number) / rate))
        case .interval(let interval, let immediate):
          if number > 0 || !immediate {
            let missed = max(0, Int(due.duration(to: clock.now) / interval))
            due = due.advanced(by: interval * (missed + 1))
          }
        }
        if due > clock.now, (try? await clock.sleep(until: due)) == nil { return nil }
        number += 1
        return number
      }
    ) { number in
      _ = await inbox.accept(message(number), from: "message \(number)")
    }
  }

  private func message(_ number: Int) -> Message {
    let id = MessageID.next()
    let customer = "customer-\((number - 1) % customers + 1)"
    let time = Timestamp.now
    return Message(
      id: id,
      payload: payload.filled(with: PayloadTemplate.Values(number: number, customer: customer, id: id, time: time)),
      contentType: contentType,
      metadata: MessageMetadata(source: source, correlationID: id),
      headers: MessageHeaders(customerHeader.map { [.init(name: $0, value: customer)] } ?? []),
      timestamp: time
    )
  }
}
