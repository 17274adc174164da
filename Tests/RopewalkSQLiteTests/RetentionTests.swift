import InMemoryLogging
import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// What is forgotten and when, on a clock that the tests move.
@Suite struct RetentionTests {
  @Test func lettersGoAfterTheirRetentionAndItIsSaid() async throws {
    try await withFolder { folder in
      let (clock, log) = (VirtualClock(), InMemoryLogHandler())
      let settings = SQLiteJournalSettings(deadLetterRetention: .seconds(3600))
      try await SQLiteJournal.with(folder, settings, logger: .recording(log), clock: clock) { journal async throws in
        try await journal.giveUp("m1", letter: "L1")
        clock.advance(by: .seconds(1800))
        try await journal.giveUp("m2", letter: "L2")
        _ = try await journal.discard(deadLetters: ["L1"], reason: "a test")
        clock.advance(by: .seconds(1799))
        try await journal.accept(.sample("m3"))
        #expect(try await journal.letters == ["L1", "L2"])
        #expect(log.entries.isEmpty)
        clock.advance(by: .seconds(61))
        try await journal.accept(.sample("m4"))
        #expect(try await journal.letters == ["L2"])
        clock.advance(by: .seconds(1800))
        try await journal.accept(.sample("m5"))
        #expect(try await journal.letters == [])
      }
      let removed = log.entries.filter { "\($0.message)" == "A dead letter was removed" }
      #expect(removed.map { $0.metadata["ropewalk.letter"] } == ["L1", "L2"])
      // One that nobody has looked at is worth a warning.
      #expect(removed.map(\.level) == [.notice, .warning])
      #expect(removed.allSatisfy { $0.metadata["reason"] == "its retention has ended" })
    }
  }

  @Test func theyGoWhenTheJournalIsOpenedToo() async throws {
    try await withFolder { folder in
      let settings = SQLiteJournalSettings(deadLetterRetention: .seconds(3600))
      let clock = VirtualClock()
      try await SQLiteJournal.with(folder, settings, clock: clock) { journal async throws in
        for number in 0..<250 { try await journal.giveUp("m\(number)", letter: "L\(number)") }
      }
      clock.advance(by: .seconds(3600))
      try await SQLiteJournal.with(folder, settings, clock: clock) {
        let letters = try await $0.letters; #expect(letters == [])
      }
    }
  }

  @Test func closedLettersMakeRoomAndOpenOnesDoNot() async throws {
    try await withFolder { folder in
      let log = InMemoryLogHandler()
      var settings = SQLiteJournalSettings()
      settings.limits.maxDeadLetters = 2
      try await SQLiteJournal.with(folder, settings, logger: .recording(log)) { journal async throws in
        try await journal.giveUp("m1", letter: "L1")
        try await journal.giveUp("m2", letter: "L2")
        let error = await #expect(throws: RopewalkError.self) { try await journal.giveUp("m3", letter: "L3") }
        #expect(error?.code.name == "dead-letters.full")
        #expect(try await journal.open().map(\.message.id) == ["m3"])
        #expect(try await journal.letters == ["L1", "L2"])
        _ = try await journal.discard(deadLetters: ["L2"], reason: "a test")
        let position = try #require(try await journal.open().first?.position)
        try await journal.settle([.end(position, .deadLettered)], deadLetters: [.sample("L3", of: .sample("m3"))])
        #expect(try await journal.letters == ["L1", "L3"])
      }
      #expect(log.entries.map { $0.metadata["ropewalk.letter"] } == ["L2"])
    }
  }

  @Test func aRefusedCallDoesNotRefuseItsNeighbours() async throws {
    try await withFolder { folder in
      var settings = SQLiteJournalSettings()
      settings.limits.maxDeadLetters = 1
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        try await journal.giveUp("m0", letter: "L0")
        try await withThrowingDiscardingTaskGroup { group in
          for number in 1...50 {
            group.addTask {
              if number.isMultiple(of: 5) {
                await #expect(throws: RopewalkError.self) { try await journal.giveUp("m\(number)", letter: "L\(number)") }
              } else {
                try await journal.settle([.end(try await journal.accept(.sample("m\(number)")))])
              }
            }
          }
        }
        let line = try #require(try await journal.ledger().first)
        #expect((line.accepted, line.delivered, line.deadLettered, line.inFlight) == (51, 40, 1, 10))
      }
    }
  }

  @Test func settledMessagesAreKeptWhenAsked() async throws {
    try await withFolder { folder in
      let clock = VirtualClock()
      let settings = SQLiteJournalSettings(settledRetention: .seconds(600), maxInlinePayload: ByteCount(10))
      try await SQLiteJournal.with(folder, settings, clock: clock) { journal async throws in
        let position = try await journal.accept(.sample("m1", payload: Array(repeating: 1, count: 100)))
        try await journal.settle([.end(position)])
        try await journal.settle([.end(position)])
        #expect(try await journal.open().isEmpty)
        #expect(try await journal.ledger().map(\.delivered) == [1])
        #expect(try folder.payloads.count == 1)
        clock.advance(by: .seconds(600))
        try await journal.accept(.sample("m2"))
        #expect(try folder.payloads.isEmpty)
      }
    }
  }

  @Test func idsAreForgottenAfterTheWindowOverARestartToo() async throws {
    try await withFolder { folder in
      let clock = VirtualClock()
      var settings = SQLiteJournalSettings()
      settings.limits.windowDuration = .seconds(60)
      try await SQLiteJournal.with(folder, settings, clock: clock) { _ = try await $0.accept(.sample("m1")) }
      clock.advance(by: .seconds(59))
      try await SQLiteJournal.with(folder, settings, clock: clock) { journal async throws in
        #expect(try await journal.append([.sample("m1")]) == [.duplicate])
        clock.advance(by: .seconds(1))
        try await journal.accept(.sample("m1"))
      }
    }
  }

  /// What runs once a quarter sends the same each time.
  @Test func idsAreForgottenAfterTheWindowHoweverLongNothingRan() async throws {
    try await withFolder { folder in
      let clock = VirtualClock()
      var settings = SQLiteJournalSettings(deadLetterRetention: .seconds(3600))
      settings.limits.windowDuration = .seconds(60)
      for quarter in 1...4 {
        try await SQLiteJournal.with(folder, settings, clock: clock) { journal async throws in
          try await journal.giveUp("m1", letter: "L\(quarter)")
          #expect(try await journal.append([.sample("m1")]) == [.duplicate])
          // Nobody knows that the clock was right: letters wait.
          #expect(try await journal.letters == (1...quarter).map { "L\($0)" })
        }
        clock.advance(by: .seconds(90 * 86_400))
      }
    }
  }

  @Test func idsBeyondTheirNumberAreForgottenOldestFirst() async throws {
    try await withFolder { folder in
      var settings = SQLiteJournalSettings()
      settings.limits.windowCount = 2
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        for id in ["m1", "m2", "m3"] { try await journal.accept(.sample(id)) }
      }
      try await SQLiteJournal.with(folder, settings) { journal async throws in
        #expect(try await journal.append([.sample("m3"), .sample("m2")]) == [.duplicate, .duplicate])
        try await journal.accept(.sample("m1"))
      }
    }
  }

  /// While the journal is closed, the civil clock is set back by a year: nothing is forgotten early, and not a year late.
  @Test func aClockThatIsSetBackChangesNothing() async throws {
    try await withFolder { folder in
      let year: Int64 = 365 * 86_400 * 1_000_000_000
      let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
      var settings = SQLiteJournalSettings(deadLetterRetention: .seconds(3600))
      settings.limits.windowDuration = .seconds(60)
      try await SQLiteJournal.with(folder, settings, clock: VirtualClock(epoch: now)) { journal async throws in
        try await journal.giveUp("m1", letter: "L1")
      }
      let clock = VirtualClock(epoch: Timestamp(nanoseconds: now.nanoseconds - year))
      try await SQLiteJournal.with(folder, settings, clock: clock) { journal async throws in
        #expect(try await journal.append([.sample("m1")]) == [.duplicate])
        #expect(try await journal.letters == ["L1"])
        clock.advance(by: .seconds(60))
        try await journal.accept(.sample("m1"))
        #expect(try await journal.letters == ["L1"])
        clock.advance(by: .seconds(3600))
        try await journal.accept(.sample("m2"))
        #expect(try await journal.letters == [])
      }
    }
  }

  /// While the journal is closed, the civil clock is set ahead by a year: it ends the window, but no letter goes at once, and none is
  /// kept for ever. Set right again, it ends no window early.
  @Test func aClockThatIsSetFarAheadEndsTheWindowAndTakesNoLetters() async throws {
    try await withFolder { folder in
      let year: Int64 = 365 * 86_400 * 1_000_000_000
      let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
      let log = InMemoryLogHandler()
      var settings = SQLiteJournalSettings(deadLetterRetention: .seconds(3600))
      settings.limits.windowDuration = .seconds(60)
      try await SQLiteJournal.with(folder, settings, logger: .recording(log), clock: VirtualClock(epoch: now)) { journal async throws in
        try await journal.giveUp("m1", letter: "L1")
        try await journal.accept(.sample("m2"))
      }
      #expect(log.entries.isEmpty)
      let ahead = VirtualClock(epoch: Timestamp(nanoseconds: now.nanoseconds + year))
      try await SQLiteJournal.with(folder, settings, logger: .recording(log), clock: ahead) { journal async throws in
        try await journal.accept(.sample("m1"))
        #expect(try await journal.letters == ["L1"])
        #expect(try await journal.open().map(\.message.id) == ["m2", "m1"])
      }
      #expect(log.entries.map(\.level) == [.warning] && log.contains("The clock is far ahead of the journal"))
      let right = VirtualClock(epoch: now)
      try await SQLiteJournal.with(folder, settings, logger: .recording(log), clock: right) { journal async throws in
        #expect(try await journal.append([.sample("m1")]) == [.duplicate])
        right.advance(by: .seconds(60))
        let position = try await journal.accept(.sample("m1"))
        try await journal.settle([.end(position)])
        right.advance(by: .seconds(3539))
        try await journal.accept(.sample("m3"))
        #expect(try await journal.letters == ["L1"])
        right.advance(by: .seconds(61))
        try await journal.accept(.sample("m4"))
        #expect(try await journal.letters == [])
        #expect(try await journal.open().map(\.message.id) == ["m2", "m1", "m3", "m4"])
      }
    }
  }

  /// A start with a clock that is a day ahead: what is in flight stays, and no letter goes unsaid.
  @Test func aClockThatIsALittleAheadTakesNothingThatIsInFlight() async throws {
    try await withFolder { folder in
      let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
      let log = InMemoryLogHandler()
      let settings = SQLiteJournalSettings(deadLetterRetention: .seconds(3600))
      try await SQLiteJournal.with(folder, settings, clock: VirtualClock(epoch: now)) { journal async throws in
        for number in 1...3 { try await journal.giveUp("m\(number)", letter: "L\(number)") }
        for number in 4...6 { try await journal.accept(.sample("m\(number)")) }
      }
      let ahead = VirtualClock(epoch: now.advanced(by: .seconds(86_400)))
      try await SQLiteJournal.with(folder, settings, logger: .recording(log), clock: ahead) { journal async throws in
        #expect(try await journal.letters == [])
        let open = try await journal.open()
        #expect(open.map(\.message.id) == ["m4", "m5", "m6"])
        try await journal.settle(open.map { .end($0.position) })
        #expect(try await journal.ledger().allSatisfy { $0.balances && $0.delivered == 3 && $0.inFlight == 0 })
      }
      #expect(log.entries.map { $0.metadata["ropewalk.letter"] } == ["L1", "L2", "L3"])
      #expect(log.entries.allSatisfy { $0.level == .warning && $0.metadata["reason"] == "its retention has ended" })
    }
  }
}

extension SQLiteJournal {
  fileprivate func giveUp(_ message: String, letter: String) async throws {
    let entry = JournalEntry.sample(message)
    let position = try await accept(entry)
    try await settle([.end(position, .deadLettered)], deadLetters: [.sample(letter, of: entry)])
  }

  fileprivate var letters: [String] {
    get async throws { try await deadLetters(matching: DeadLetterQuery(state: nil), after: nil, limit: 1000).map(\.id) }
  }
}
