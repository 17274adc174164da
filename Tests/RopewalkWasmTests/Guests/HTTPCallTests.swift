import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct HTTPCallTests {
  /// Remembers what was asked for and answers with the body, after an optional wait.
  private final class Server: Sendable {
    let requests = Mutex<[(OutboundHTTP.Request, OutboundHTTP.Policy)]>([])

    func outbound(_ response: OutboundHTTP.Response) -> OutboundHTTP {
      OutboundHTTP { [self] request, policy throws(OutboundHTTP.Failure) in
        requests.withLock { $0.append((request, policy)) }
        return response
      }
    }
  }

  private func call(_ request: String, _ outbound: OutboundHTTP, _ change: (inout WasmStep) -> Void = { _ in }) async throws -> String {
    let workshop = try Workshop(outbound: outbound)
    let step = try workshop.step(wat: GuestText.call) { step in
      step.capabilities = [.httpCall]
      change(&step)
    }
    return try await workshop.node(step).process(Message(request)).text
  }

  @Test func aCallGoesOutAndItsAnswerComesBack() async throws {
    let server = Server()
    let response = OutboundHTTP.Response(
      status: 201,
      headers: MessageHeaders([.init(name: "A", value: "1"), .init(name: "a", value: "2")]),
      body: Array("ok".utf8)
    )
    let text = try await call(
      #"{"method":"post","url":"https://example.com/x","headers":{"X-A":"b"},"bodyBase64":"aGk="}"#,
      server.outbound(response)
    ) { $0.http.allowedHosts = ["example.com"] }
    #expect(text == #"{"status":201,"headers":{"a":"1, 2"},"body":"ok"}"#)
    let (request, policy) = try #require(server.requests.withLock { $0.first })
    #expect(
      request
        == OutboundHTTP.Request(
          method: "POST",
          url: "https://example.com/x",
          headers: MessageHeaders([.init(name: "X-A", value: "b")]),
          body: Array("hi".utf8)
        )
    )
    #expect(policy.allowedHosts == ["example.com"])
    // No call may outlast the message's own time.
    #expect(policy.timeout <= .seconds(5))
  }

  @Test func aBodyThatIsNoTextComesAsBase64() async throws {
    let text = try await call(#"{"url":"https://e.com/"}"#, Server().outbound(.init(status: 200, body: [0xFF, 0xFE])))
    #expect(text == #"{"status":200,"headers":{},"bodyBase64":"//4="}"#)
  }

  @Test(arguments: [
    ("{", "not valid JSON"), ("[]", "a list, not a map"), ("{}", "needs a 'url'"),
    (#"{"url":"https://e.com/","methd":"x"}"#, "did you mean 'method'?"),
    (#"{"url":"https://e.com/ x"}"#, "blank"), (#"{"url":"https://e.com/","method":"GET /"}"#, "not a method"),
    (#"{"url":"https://e.com/","headers":{"a":"b\r\nc: d"}}"#, "without line breaks"),
    (#"{"url":"https://e.com/","headers":{"a b":"c"}}"#, "whose name is not one"),
    (#"{"url":"https://e.com/","headers":[]}"#, "not a map"), (#"{"url":"https://e.com/","body":1}"#, "not a string"),
    (#"{"url":"https://e.com/","body":"a","bodyBase64":"YQ=="}"#, "both"), (#"{"url":"https://e.com/","bodyBase64":"%"}"#, "not base64"),
  ])
  func aRequestThatIsNoneIsExplained(request: String, words: String) async throws {
    let server = Server()
    #expect(try await call(request, server.outbound(.init(status: 200))).contains(words))
    #expect(server.requests.withLock { $0.isEmpty })
  }

  @Test func aFailureReachesTheGuest() async throws {
    let outbound = OutboundHTTP { _, _ throws(OutboundHTTP.Failure) in throw .init(.stepDenied, "the host is not allowed") }
    #expect(try await call(#"{"url":"https://e.com/"}"#, outbound) == "the host is not allowed [step.denied]")
  }

  @Test func whatIsTooLargeIsSaidWithItsLimit() async throws {
    let server = Server()
    let outbound = server.outbound(.init(status: 200, body: Array(repeating: 0x61, count: 101)))
    let body = String(repeating: "a", count: 101)
    let request = try await call(#"{"url":"https://e.com/","body":"\#(body)"}"#, outbound) { $0.http.maxRequestSize = ByteCount(100) }
    #expect(request == "the request is larger than 'http.maxRequestSize' (100) allows; send less, or raise it")
    #expect(server.requests.withLock { $0.isEmpty })
    let answer = try await call(#"{"url":"https://e.com/"}"#, outbound) { $0.limits.maxOutputSize = ByteCount(100) }
    #expect(answer == "the answer is, as JSON, larger than 'maxOutputSize' (100) allows; ask for less, or raise it")
  }

  @Test func callsAreCountedForEachMessage() async throws {
    let server = Server()
    let workshop = try Workshop(outbound: server.outbound(.init(status: 200)))
    let twice = GuestText.module(
      """
      (drop (call $payload_read (i32.const 0) (i32.const 0) (local.get $length)))
      (drop (call $http_call (i32.const 0) (local.get $length)))
      (local.set $i (call $http_call (i32.const 0) (local.get $length)))
      (drop (call $output_write (i32.const 1000) (call $result_read (i32.const 1000) (i32.const 1000))))
      (i32.const 0)
      """,
      imports: [.payloadRead, .outputWrite, .httpCall, .resultRead]
    )
    let node = try await workshop.node(
      workshop.step(wat: twice) {
        $0.capabilities = [.httpCall]; $0.http.maxCallsPerMessage = 1
      }
    )
    for _ in 0..<2 {
      #expect(
        try await node.process(Message(#"{"url":"https://e.com/"}"#)).text
          == "one message may make 1 HTTP call in a step; make fewer, or raise 'http.maxCalls'"
      )
    }
    #expect(server.requests.withLock { $0.count } == 2)
  }

  @Test func theTimeOfACallCounts() async throws {
    // The client keeps to the policy's time, as it must.
    let outbound = OutboundHTTP { _, policy throws(OutboundHTTP.Failure) in
      try? await Task.sleep(for: policy.timeout)
      throw .init(.stepTimeout, "no answer in time")
    }
    let error = await #expect(throws: LogicError.self) {
      try await call(#"{"url":"https://e.com/"}"#, outbound) { $0.limits.timeout = .seconds(1) }
    }
    #expect(error?.code == .stepTimeout)
    // Another time the server may be quicker.
    #expect(error?.recoverable == true)
  }

  @Test func aCancelledMessageAbandonsItsCall() async throws {
    let started = AsyncStream.makeStream(of: Void.self)
    let cancelled = Mutex(false)
    let outbound = OutboundHTTP { _, _ throws(OutboundHTTP.Failure) in
      started.continuation.yield()
      do {
        try await Task.sleep(for: .seconds(600))
      } catch {
        cancelled.withLock { $0 = true }
      }
      throw .init(.stepCancelled, "abandoned")
    }
    let workshop = try Workshop(outbound: outbound)
    let node = try await workshop.node(
      workshop.step(wat: GuestText.call) {
        $0.capabilities = [.httpCall]; $0.limits.timeout = .seconds(600)
      }
    )
    let code = await withTaskGroup(of: ErrorCode?.self) { group in
      group.addTask {
        do throws(LogicError) {
          _ = try await node.process(Message(#"{"url":"https://e.com/"}"#))
          return nil
        } catch {
          return error.code
        }
      }
      for await _ in started.stream { break }
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(code == .stepCancelled)
    #expect(cancelled.withLock { $0 })
    #expect(workshop.runtime.liveInstances == 0)
  }
}
