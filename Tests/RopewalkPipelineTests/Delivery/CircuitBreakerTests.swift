import RopewalkConnector
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct CircuitBreakerTests {
  private var breaker = CircuitBreaker(CircuitBreakerPolicy(failures: 3, window: .seconds(10), openFor: .seconds(30), probes: 2))

  @Test mutating func opensAfterFailuresInARow() {
    for second in 0..<2 {
      #expect(breaker.attemptFailed(isProbe: false, at: .seconds(second)) == nil)
    }
    #expect(breaker.attemptFailed(isProbe: false, at: .seconds(2)) == .opened(for: .seconds(30)))
    #expect(breaker.state == .open(until: .seconds(32)))
    #expect(!breaker.allowsAttempt)
  }

  @Test mutating func anAnswerBreaksTheRow() {
    for _ in 0..<10 {
      #expect(breaker.attemptFailed(isProbe: false, at: .zero) == nil)
      #expect(breaker.attemptFailed(isProbe: false, at: .zero) == nil)
      #expect(!breaker.isUntroubled)
      #expect(breaker.attemptAnswered(isProbe: false) == nil)
      #expect(breaker.isUntroubled)
    }
  }

  @Test mutating func failuresFarApartAreNoRow() {
    for number in 0..<20 {
      #expect(breaker.attemptFailed(isProbe: false, at: .seconds(6 * number)) == nil)
    }
    #expect(breaker.state == .closed)
  }

  @Test mutating func oneCustomersFailuresDoNotOpenItWhileOthersAreAnswered() {
    for _ in 0..<20 {
      #expect(breaker.attemptFailed(isProbe: false, at: .zero, of: "bad", othersAreAnswered: true) == nil)
    }
    // Another's fails too: it is the destination.
    #expect(breaker.attemptFailed(isProbe: false, at: .zero, of: "good", othersAreAnswered: true) != nil)
  }

  @Test mutating func oneCustomersFailuresOpenItWhenNobodyElseIsAnswered() {
    for _ in 0..<2 { #expect(breaker.attemptFailed(isProbe: false, at: .zero, of: "bad", othersAreAnswered: true) == nil) }
    #expect(breaker.attemptFailed(isProbe: false, at: .zero, of: "bad", othersAreAnswered: false) != nil)
  }

  @Test func answersAreRememberedForAWhileByCustomer() {
    var answers = RecentAnswers()
    #expect(!answers.hasAnswers(otherThan: "a", at: .zero))
    answers.note("a", at: .zero)
    #expect(!answers.hasAnswers(otherThan: "a", at: .zero))
    #expect(answers.hasAnswers(otherThan: "b", at: RecentAnswers.memory))
    #expect(!answers.hasAnswers(otherThan: "b", at: RecentAnswers.memory + .milliseconds(1)))
    answers.note("b", at: .seconds(1))
    answers.note("b", at: .seconds(2))
    #expect(answers.hasAnswers(otherThan: "a", at: .seconds(7)))
    #expect(answers.hasAnswers(otherThan: "b", at: .seconds(5)))
    #expect(!answers.hasAnswers(otherThan: "b", at: .seconds(6)))
  }

  @Test mutating func closesWhenAllProbesAreAnswered() {
    open()
    breaker.timePassed(at: .seconds(29))
    #expect(!breaker.allowsAttempt)
    breaker.timePassed(at: .seconds(30))
    #expect(breaker.state == .halfOpen)
    #expect(breaker.attemptStarted() == true)
    #expect(breaker.attemptStarted() == true)
    #expect(!breaker.allowsAttempt)
    #expect(breaker.attemptAnswered(isProbe: true) == nil)
    #expect(breaker.attemptAnswered(isProbe: true) == .closed)
    #expect(breaker.attemptStarted() == false)
    #expect(breaker.isUntroubled)
  }

  @Test mutating func theFirstProbeThatFailsOpensItAgain() {
    open()
    breaker.timePassed(at: .seconds(30))
    _ = breaker.attemptStarted()
    #expect(breaker.attemptFailed(isProbe: true, at: .seconds(31)) == .opened(for: .seconds(30)))
    #expect(breaker.state == .open(until: .seconds(61)))
  }

  @Test mutating func attemptsFromBeforeChangeNothing() {
    open()
    #expect(breaker.attemptFailed(isProbe: false, at: .seconds(1)) == nil)
    #expect(breaker.attemptAnswered(isProbe: false) == nil)
    breaker.timePassed(at: .seconds(30))
    #expect(breaker.attemptFailed(isProbe: false, at: .seconds(31)) == nil)
    #expect(breaker.attemptAnswered(isProbe: false) == nil)
    #expect(breaker.state == .halfOpen)
  }

  @Test func onlyWhatIsTheDestinationsFaultCounts() {
    #expect(ConnectionError(.connectionFailed, "refused", recoverable: true).isOfDestination)
    #expect(ConnectionError(.timeout, "late", recoverable: true).isOfDestination)
    #expect(ConnectionError(.sendFailed, "500", recoverable: true).isOfDestination)
    #expect(!ConnectionError(.rateLimited, "429", recoverable: true).isOfDestination)
    #expect(!ConnectionError(.rejected, "400").isOfDestination)
    #expect(!ConnectionError(.unauthorized, "401").isOfDestination)
  }

  private mutating func open() {
    for _ in 0..<3 { _ = breaker.attemptFailed(isProbe: false, at: .zero) }
  }
}
