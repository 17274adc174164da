import Glibc
import Testing

@testable import RopewalkCore

@Suite struct FreePortTests {
  @Test func eachIsGivenOnceAndIsNoneOfOutgoingConnections() async throws {
    let ports = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<100 { group.addTask { try FreePort.next() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(ports).count == 100)
    #expect(ports.allSatisfy { (20_000..<32_768).contains($0) })
  }

  @Test func oneThatIsTakenIsNotFree() throws {
    let port = try FreePort.next()
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(FreePort.bind(socket, to: port) && listen(socket, 1) == 0)
    #expect(!FreePort.isFree(port))
    close(socket)
    #expect(FreePort.isFree(port))
  }
}
