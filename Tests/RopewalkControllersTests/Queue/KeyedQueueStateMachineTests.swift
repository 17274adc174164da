import Testing

@testable import RopewalkControllers

@Suite struct KeyedQueueStateMachineTests {
  private func machine(_ change: (inout QueueLimits) -> Void = { _ in }) -> Held<KeyedQueueStateMachine<String>> {
    var limits = QueueLimits()
    change(&limits)
    return Held(KeyedQueueStateMachine(limits: limits))
  }

  @Test func handsKeysOutInTheirOrder() {
    let queue = machine()
    for key in ["a", "b", "c"] { #expect(queue.with({ $0.add(key) })) }
    #expect(queue.with({ $0.next(at: .zero) }) == .work("a"))
    #expect(queue.with({ $0.next(at: .zero) }) == .work("b"))
    #expect(queue.with({ $0.next(at: .zero) }) == .work("c"))
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: nil))
  }

  @Test func aKeyWaitsOnceHoweverOftenItIsAdded() {
    let queue = machine()
    #expect(queue.with({ $0.add("a") }))
    #expect(!queue.with({ $0.add("a") }))
    #expect(queue.with({ $0.next(at: .zero) }) == .work("a"))
    #expect(!queue.with({ $0.finish("a", .done, at: .zero) }))
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: nil))
  }

  @Test func aKeyIsNeverHandedOutTwiceAtOnce() {
    let queue = machine()
    _ = queue.with({ $0.add("a") })
    #expect(queue.with({ $0.next(at: .zero) }) == .work("a"))
    #expect(!queue.with({ $0.add("a") }))
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: nil))
  }

  @Test func whatIsAddedWhileItIsWorkedOnWaitsOnceMore() {
    let queue = machine()
    _ = queue.with({ $0.add("a") })
    _ = queue.with({ $0.next(at: .zero) })
    for _ in 0..<5 { #expect(!queue.with({ $0.add("a") })) }
    #expect(queue.with({ $0.finish("a", .done, at: .zero) }))
    #expect(queue.with({ $0.next(at: .zero) }) == .work("a"))
    #expect(!queue.with({ $0.finish("a", .done, at: .zero) }))
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: nil))
  }

  @Test func failuresWaitLongerAndLongerUpToTheLimit() {
    let queue = machine { limits in
      limits.minBackoff = .milliseconds(10)
      limits.maxBackoff = .milliseconds(35)
    }
    _ = queue.with({ $0.add("a") })
    var now = Duration.zero
    for wait in [10, 20, 35, 35] as [Int64] {
      #expect(queue.with({ $0.next(at: now) }) == .work("a"))
      #expect(!queue.with({ $0.finish("a", .failed, at: now) }))
      #expect(queue.with({ $0.next(at: now) }) == .wait(until: now + .milliseconds(wait)))
      now += .milliseconds(wait)
    }
    #expect(queue.value.failures(of: "a") == 4)
  }

  @Test func successForgetsFailures() {
    let queue = machine()
    _ = queue.with({ $0.add("a") })
    _ = queue.with({ $0.next(at: .zero) })
    _ = queue.with({ $0.finish("a", .failed, at: .zero) })
    #expect(queue.with({ $0.next(at: .seconds(1)) }) == .work("a"))
    _ = queue.with({ $0.finish("a", .done, at: .seconds(1)) })
    #expect(queue.value.failures(of: "a") == 0)
    _ = queue.with({ $0.add("a") })
    _ = queue.with({ $0.next(at: .seconds(1)) })
    _ = queue.with({ $0.finish("a", .failed, at: .seconds(1)) })
    #expect(queue.with({ $0.next(at: .seconds(1)) }) == .wait(until: .seconds(1) + queue.value.limits.minBackoff))
  }

  @Test func manyFailuresDoNotOverflow() {
    #expect(QueueLimits().backoff(afterFailures: 1_000_000) == QueueLimits().maxBackoff)
  }

  @Test func anAdditionEndsAWait() {
    let queue = machine()
    _ = queue.with({ $0.add("a") })
    _ = queue.with({ $0.next(at: .zero) })
    _ = queue.with({ $0.finish("a", .after(.seconds(60)), at: .zero) })
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: .seconds(60)))
    #expect(queue.with({ $0.add("a") }))
    #expect(queue.with({ $0.next(at: .zero) }) == .work("a"))
    _ = queue.with({ $0.finish("a", .done, at: .zero) })
    // The wait that was ended does not ring.
    #expect(queue.with({ $0.next(at: .seconds(61)) }) == .wait(until: nil))
  }

  @Test func theSoonerOfTwoWaitsCounts() {
    let queue = machine()
    queue.with({ $0.add("a", after: .seconds(10), at: .zero) })
    queue.with({ $0.add("a", after: .seconds(5), at: .zero) })
    queue.with({ $0.add("a", after: .seconds(20), at: .zero) })
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: .seconds(5)))
    #expect(queue.with({ $0.next(at: .seconds(5)) }) == .work("a"))
    _ = queue.with({ $0.finish("a", .done, at: .seconds(5)) })
    #expect(queue.with({ $0.next(at: .seconds(30)) }) == .wait(until: nil))
  }

  @Test func aWaitThatIsOverWhileTheKeyIsWorkedOnMakesItWaitOnceMore() {
    let queue = machine()
    _ = queue.with({ $0.add("a") })
    _ = queue.with({ $0.next(at: .zero) })
    queue.with({ $0.add("a", after: .seconds(1), at: .zero) })
    #expect(queue.with({ $0.ripen(at: .seconds(2)) }) == 0)
    #expect(queue.with({ $0.finish("a", .done, at: .seconds(2)) }))
    #expect(queue.with({ $0.next(at: .seconds(2)) }) == .work("a"))
  }

  @Test func keysWhoseTimeHasComeAreReadyTogether() {
    let queue = machine()
    for (key, seconds) in [("c", 3), ("a", 1), ("b", 2)] { queue.with({ $0.add(key, after: .seconds(seconds), at: .zero) }) }
    #expect(queue.with({ $0.ripen(at: .seconds(2)) }) == 2)
    #expect(queue.with({ $0.next(at: .seconds(2)) }) == .work("a"))
    #expect(queue.with({ $0.next(at: .seconds(2)) }) == .work("b"))
    #expect(queue.with({ $0.next(at: .seconds(2)) }) == .wait(until: .seconds(3)))
  }

  @Test func aShutDownQueueHandsOutWhatIsReadyAndEnds() {
    let queue = machine()
    for key in ["a", "b"] { _ = queue.with({ $0.add(key) }) }
    queue.with({ $0.add("later", after: .seconds(1), at: .zero) })
    _ = queue.with({ $0.next(at: .zero) })
    _ = queue.with({ $0.add("a") })
    queue.with({ $0.shutDown() })
    #expect(!queue.with({ $0.add("c") }))
    #expect(queue.with({ $0.next(at: .zero) }) == .work("b"))
    #expect(!queue.with({ $0.finish("b", .failed, at: .zero) }))
    // It has to wait for a, which was added while it is worked on.
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: nil))
    #expect(queue.with({ $0.finish("a", .done, at: .zero) }))
    #expect(queue.with({ $0.next(at: .zero) }) == .work("a"))
    #expect(!queue.with({ $0.finish("a", .after(.seconds(1)), at: .zero) }))
    #expect(queue.with({ $0.next(at: .seconds(5)) }) == .finished)
  }

  @Test func aSuspendedQueueTakesKeysAndHandsThemOutLater() {
    let queue = machine()
    queue.with({ $0.suspend() })
    _ = queue.with({ $0.add("a") })
    #expect(queue.with({ $0.next(at: .zero) }) == .wait(until: nil))
    queue.with({ $0.resume() })
    #expect(queue.with({ $0.next(at: .zero) }) == .work("a"))
  }

  @Test func keysThatAreDoneTakeNoRoom() {
    let queue = machine()
    for number in 0..<1000 {
      _ = queue.with({ $0.add("key-\(number)") })
      _ = queue.with({ $0.next(at: .zero) })
      _ = queue.with({ $0.finish("key-\(number)", .done, at: .zero) })
    }
    #expect(queue.value.readyCount == 0)
    #expect(queue.value.delayedCount == 0)
    #expect(queue.value.working == 0)
    #expect(queue.value.oldestStart == nil)
  }

  @Test func tellsTheOldestWorkUnderWay() {
    let queue = machine()
    for key in ["a", "b"] { _ = queue.with({ $0.add(key) }) }
    _ = queue.with({ $0.next(at: .seconds(1)) })
    _ = queue.with({ $0.next(at: .seconds(2)) })
    #expect(queue.value.oldestStart == .seconds(1))
    _ = queue.with({ $0.finish("a", .done, at: .seconds(3)) })
    #expect(queue.value.oldestStart == .seconds(2))
  }
}
