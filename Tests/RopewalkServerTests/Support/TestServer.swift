import Logging
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

/// A server on a port of its own, with a memory store unless a test has another.
struct TestServer: Sendable {
  let folder: TestFolder
  let listening: APIServer.Listening
  let registry: ResourceRegistry
  let authorizer: Authorizer

  var files: ServerFiles { ServerFiles(dataFolder: folder.path) }
  var tokens: TokenFile { TokenFile(path: files.tokens) }

  /// The server that a suite with the trait `.server` shares.
  @TaskLocal static var current: TestServer?

  static func get() throws -> TestServer { try #require(current) }

  /// Serves while `body` runs.
  static func run<Result: Sendable>(
    authorizes: Bool = false,
    _ change: (inout APIServerSettings) -> Void = { _ in },
    routes: [MountedRoute] = [],
    metrics: [Metric] = [],
    health: [HealthCheck] = [],
    audit: AuditLog? = nil,
    store: any ResourceStore = MemoryResourceStore(),
    _ body: @Sendable @escaping (TestServer) async throws -> Result
  ) async throws -> Result {
    let folder = try TestFolder()
    let registry = try await ResourceRegistry.open(store, sealing: SealingKeys([SealingKeys.makeKey().reveal()]))
    let authorizer = Authorizer(isOn: authorizes)
    var settings = APIServerSettings(dataFolder: folder.path, port: 0)
    change(&settings)
    var logger = Logger(label: "test")
    logger.logLevel = .error
    let (listening, continuation) = AsyncStream<APIServer.Listening>.makeStream()
    let server = APIServer(
      client: registry,
      settings: settings,
      authorizer: authorizer,
      routes: routes,
      metrics: { metrics },
      health: health,
      audit: audit,
      logger: logger
    ) { continuation.yield($0) }

    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        defer { continuation.finish() }
        try await server.run()
        return nil
      }
      group.addTask {
        for await listening in listening {
          return try await body(TestServer(folder: folder, listening: listening, registry: registry, authorizer: authorizer))
        }
        // It ended before it listened, and throws why.
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw Failure("the server ended")
    }
  }
}

/// One server for all tests of a suite.
struct ServerTrait: SuiteTrait, TestScoping {
  var authorizes: Bool

  @concurrent func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withoutActuallyEscaping(function) { function in
      try await TestServer.run(authorizes: authorizes) { server in
        try await TestServer.$current.withValue(server) { try await function() }
      }
    }
  }
}

extension Trait where Self == ServerTrait {
  static var server: ServerTrait { ServerTrait(authorizes: false) }
  static var authorizingServer: ServerTrait { ServerTrait(authorizes: true) }
}
