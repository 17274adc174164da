import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// Posts a JSON order of 111 bytes from 32 tasks and reads each answer, as the `http` connector is made to.
enum AsyncClient {
  private static let tasks = 32
  private static let payload = Array(
    #"{"amount":1500,"customerId":"c-1","customerName":"Acme","lines":[{"qty":2,"price":100},{"qty":13,"price":100}]}"#.utf8
  )

  static func run(port: Int, count: Int, group: MultiThreadedEventLoopGroup) async throws {
    let client = HTTPClient(eventLoopGroup: group)
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<tasks {
        group.addTask {
          for number in 0..<count / tasks { try await post(number * tasks + task, to: port, with: client) }
        }
      }
      try await group.waitForAll()
    }
    print("\(count / tasks * tasks) \((ContinuousClock.now - start) / .seconds(1))")
    try await client.shutdown()
  }

  private static func post(_ number: Int, to port: Int, with client: HTTPClient) async throws {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/")
    request.method = .POST
    request.headers = HTTPHeaders([("Content-Type", "application/json"), ("Idempotency-Key", MessageNumber.text(number))])
    request.body = .bytes(payload)
    let response = try await client.execute(request, timeout: .seconds(30))
    _ = try await response.body.collect(upTo: 1 << 20)
    guard response.status == .accepted else { throw BenchmarkError.failed }
  }
}
