package import GRPCCore

/// Calls `goplugin.test.Echo`.
package struct EchoClient<Transport: ClientTransport>: Sendable {
  private let client: GRPCClient<Transport>

  package init(_ client: GRPCClient<Transport>) {
    self.client = client
  }

  package func unary(_ value: [UInt8], method: String = "Unary") async throws -> [UInt8] {
    try await client.unary(
      request: ClientRequest(message: value),
      descriptor: Echo.method(method),
      serializer: BytesCoder(),
      deserializer: BytesCoder(),
      options: .defaults
    ) { try $0.message }
  }

  /// Sends `value` over a stream that the other side ends first, and returns its answer.
  package func first(_ value: [UInt8]) async throws -> [UInt8] {
    let (ended, writer) = AsyncStream.makeStream(of: Void.self)
    return try await client.bidirectionalStreaming(
      request: StreamingClientRequest { request in
        try await request.write(value)
        for await _ in ended {}
      },
      descriptor: Echo.method("First"),
      serializer: BytesCoder(),
      deserializer: BytesCoder(),
      options: .defaults
    ) { response in
      defer { writer.finish() }
      var answer: [UInt8] = []
      for try await message in response.messages { answer = message }
      return answer
    }
  }

  /// Sends `values` over one stream without waiting for answers, and returns the answers.
  package func pipelined(_ values: [[UInt8]]) async throws -> [[UInt8]] {
    try await client.bidirectionalStreaming(
      request: StreamingClientRequest { request in try await request.write(contentsOf: values) },
      descriptor: Echo.method("Stream"),
      serializer: BytesCoder(),
      deserializer: BytesCoder(),
      options: .defaults
    ) { response in
      var answers: [[UInt8]] = []
      for try await answer in response.messages { answers.append(answer) }
      return answers
    }
  }

  /// Sends `values` over one stream, one after the other's answer, and returns the answers.
  package func stream(_ values: [[UInt8]]) async throws -> [[UInt8]] {
    let (answered, writer) = AsyncStream.makeStream(of: Void.self)
    return try await client.bidirectionalStreaming(
      request: StreamingClientRequest { request in
        var answers = answered.makeAsyncIterator()
        for value in values {
          try await request.write(value)
          await answers.next()
        }
      },
      descriptor: Echo.method("Stream"),
      serializer: BytesCoder(),
      deserializer: BytesCoder(),
      options: .defaults
    ) { response in
      defer { writer.finish() }
      var answers: [[UInt8]] = []
      for try await answer in response.messages {
        answers.append(answer)
        writer.yield()
      }
      return answers
    }
  }
}
