package import GRPCCore
package import GoPlugin

/// The service `goplugin.test.Echo` of the peers in Go.
package struct Echo: RegistrableRPCService {
  package static let cookie = Cookie(key: "GOPLUGIN_TEST", value: "cookie")

  private let broker: PluginBroker?

  /// Without a broker it cannot call back.
  package init(broker: PluginBroker? = nil) {
    self.broker = broker
  }

  static func method(_ name: String) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "goplugin.test.Echo", method: name)
  }

  package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    func unary(_ name: String, _ body: @escaping @Sendable ([UInt8]) async throws -> [UInt8]) {
      router.registerHandler(forMethod: Self.method(name), deserializer: BytesCoder(), serializer: BytesCoder()) { request, _ in
        let request = try await ServerRequest(stream: request)
        return StreamingServerResponse(single: ServerResponse(message: try await body(request.message)))
      }
    }
    unary("Unary") { $0 }
    unary("CallBack") { [broker] in try await Self.callBack(broker, id: $0) }
    unary("Print") { text in
      print(String(decoding: text, as: UTF8.self))
      return []
    }
    registerOffer(with: &router)
    router.registerHandler(forMethod: Self.method("Stream"), deserializer: BytesCoder(), serializer: BytesCoder()) { request, _ in
      StreamingServerResponse { writer in
        for try await message in request.messages { try await writer.write(message) }
        return [:]
      }
    }
    router.registerHandler(forMethod: Self.method("First"), deserializer: BytesCoder(), serializer: BytesCoder()) { request, _ in
      StreamingServerResponse { writer in
        for try await message in request.messages {
          try await writer.write(message)
          break
        }
        return [:]
      }
    }
  }

  private static func callBack(_ broker: PluginBroker?, id: [UInt8]) async throws -> [UInt8] {
    guard let broker else { throw RPCError(code: .unimplemented, message: "there is no broker") }
    return try await broker.withClient(id: number(id)) { try await EchoClient($0).unary(Array("from the plugin".utf8)) }
  }

  /// Serves under the given number for as long as the caller goes on with other calls: a task of its own outlives the call.
  private func registerOffer<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let broker = broker
    router.registerHandler(forMethod: Self.method("Offer"), deserializer: BytesCoder(), serializer: BytesCoder()) { request, _ in
      guard let broker else { throw RPCError(code: .unimplemented, message: "there is no broker") }
      let id = try await ServerRequest(stream: request).message
      Task {
        try await broker.withServices([Echo()], id: Self.number(id)) { try await Task.sleep(for: .seconds(60)) }
      }
      return StreamingServerResponse(single: ServerResponse(message: id))
    }
  }

  package static func number(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
