import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite struct CustomerTurnstileTests {
  private let clock = VirtualClock()

  private func refusal(_ terms: CustomerTerms, _ customer: String = "acme", payload: Int = 10) -> Refusal? {
    refusal(CustomerTurnstile(["acme": terms], stopwatch: Stopwatch(clock)), customer, payload: payload)
  }

  private func refusal(_ turnstile: CustomerTurnstile, _ customer: String = "acme", payload: Int = 10) -> Refusal? {
    do throws(Refusal) {
      try turnstile.pass(customer, payload: payload)
      return nil
    } catch {
      return error
    }
  }

  @Test func othersPass() {
    #expect(refusal(CustomerTerms(refusal: "no", messagesPerSecond: 0, maxPayloadSize: ByteCount(1)), "globex") == nil)
  }

  @Test func whoeverIsRefusedIsToldWhy() {
    let refusal = refusal(CustomerTerms(refusal: "customer 'acme' is suspended"))
    #expect(refusal?.reason == .unavailable && refusal?.message == "customer 'acme' is suspended")
  }

  @Test func refusalsComeFirstAndEndLast() {
    let turnstile = CustomerTurnstile(["acme": CustomerTerms(refusal: "broken")], stopwatch: Stopwatch(clock))
    let next = ["globex": CustomerTerms(refusal: "broken"), "acme": CustomerTerms(maxPayloadSize: ByteCount(9))]
    turnstile.refuse(next)
    #expect(refusal(turnstile, "acme")?.message == "broken" && refusal(turnstile, "globex")?.message == "broken")
    turnstile.become(next)
    #expect(refusal(turnstile, "acme")?.reason == .tooLarge && refusal(turnstile, "globex")?.message == "broken")
  }

  @Test func largePayloadsAreTooLarge() {
    #expect(refusal(CustomerTerms(maxPayloadSize: ByteCount(10))) == nil)
    #expect(refusal(CustomerTerms(maxPayloadSize: ByteCount(9)))?.reason == .tooLarge)
  }

  @Test func asManyPassAsASecondHas() {
    var pace = MessagePace(perSecond: 3, at: .zero)
    #expect((0..<3).allSatisfy { _ in pace.take(at: .zero) == nil })
    #expect(pace.take(at: .zero) == .seconds(1.0 / 3))
    #expect(pace.take(at: .milliseconds(400)) == nil)
    #expect(pace.take(at: .milliseconds(400)) != nil)
    // What is not used is kept for a second, no longer.
    #expect((0..<3).allSatisfy { _ in pace.take(at: .seconds(10)) == nil })
    #expect(pace.take(at: .seconds(10)) != nil)
    var slow = MessagePace(perSecond: 0.5, at: .zero)
    #expect(slow.take(at: .zero) == nil && slow.take(at: .zero) == .seconds(2))
    var none = MessagePace(perSecond: 0, at: .zero)
    #expect(none.take(at: .seconds(1000)) == .seconds(60))
  }
}
