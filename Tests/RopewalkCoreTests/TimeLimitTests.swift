import RopewalkCore
import Testing

@Suite struct TimeLimitTests {
  private struct Broken: Error {}

  @Test func whatIsDoneInTimeIsAnswered() async throws {
    #expect(try await withTimeLimit(.zero) { 1 } == 1)
    #expect(
      try await withTimeLimit(.seconds(3600)) {
        await Task.yield()
        return 2
      } == 2
    )
    await #expect(throws: Broken.self) { try await withTimeLimit(.seconds(3600)) { throw Broken() } }
  }

  @Test func whatTakesTooLongIsCancelled() async throws {
    let isCancelled = Gate()
    let answer = try await withTimeLimit(.milliseconds(1)) {
      await Gate().wait()
      if Task.isCancelled { isCancelled.open() }
      return 1
    }
    #expect(answer == nil && isCancelled.isOpen)
  }
}
