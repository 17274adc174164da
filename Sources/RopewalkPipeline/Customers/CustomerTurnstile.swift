import RopewalkConnector
import RopewalkCore
import Synchronization

/// Lets messages of customers with terms of their own in as those say.
final class CustomerTurnstile: Sendable {
  private static let retryAfterSuspension: Duration = .seconds(60)

  private struct Place {
    var terms: CustomerTerms
    var pace: MessagePace?
  }

  private let places: Mutex<[String: Place]>
  private let stopwatch: Stopwatch

  init(_ terms: [String: CustomerTerms], stopwatch: Stopwatch) {
    self.stopwatch = stopwatch
    places = Mutex([:])
    become(terms)
  }

  /// Refuses from now on whom these terms refuse; all else stays.
  func refuse(_ terms: [String: CustomerTerms]) {
    places.withLock { places in
      for (id, terms) in terms where terms.refusal != nil {
        places[id, default: Place(terms: terms)].terms.refusal = terms.refusal
      }
    }
  }

  /// Who keeps a rate keeps what is used of it.
  func become(_ terms: [String: CustomerTerms]) {
    let now = stopwatch.elapsed
    places.withLock { places in
      let old = places
      places = terms.reduce(into: [:]) { new, customer in
        let (id, terms) = customer
        let before = old[id].flatMap { $0.terms.messagesPerSecond == terms.messagesPerSecond ? $0.pace : nil }
        new[id] = Place(terms: terms, pace: before ?? terms.messagesPerSecond.map { MessagePace(perSecond: $0, at: now) })
      }
    }
  }

  /// - Throws: why the message does not come in.
  func pass(_ customer: String, payload: Int) throws(Refusal) {
    guard let own = places.withLock({ $0[customer]?.terms }) else { return }
    if let reason = own.refusal { throw Refusal(.unavailable, reason, retryAfter: Self.retryAfterSuspension) }
    if let limit = own.maxPayloadSize, payload > limit.bytes {
      throw Refusal(.tooLarge, "the payload of \(payload) bytes is larger than \(limit), which is customer '\(customer)'s limit")
    }
    guard let rate = own.messagesPerSecond else { return }
    let now = stopwatch.elapsed
    guard let wait = places.withLock({ $0[customer]?.pace?.take(at: now) }) else { return }
    throw Refusal(.full, "customer '\(customer)' sends more than \(rate) messages a second", retryAfter: wait)
  }
}

/// A bucket that holds one second's messages.
struct MessagePace: Sendable {
  private let perSecond: Double
  /// A second's messages, and at least one.
  private let capacity: Double
  private var tokens: Double
  private var last: Duration

  init(perSecond: Double, at now: Duration) {
    self.perSecond = perSecond
    self.capacity = perSecond > 0 ? max(1, perSecond) : 0
    self.tokens = capacity
    self.last = now
  }

  /// Takes one message's place. Returns when there will be one, if there is none now.
  mutating func take(at now: Duration) -> Duration? {
    tokens = min(capacity, tokens + (now - last) / .seconds(1) * perSecond)
    last = now
    guard tokens < 1 else {
      tokens -= 1
      return nil
    }
    guard perSecond > 0 else { return .seconds(60) }
    return .seconds(min(60, (1 - tokens) / perSecond))
  }
}
