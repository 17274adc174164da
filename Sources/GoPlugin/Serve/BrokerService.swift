import GRPCCore

/// `plugin.GRPCBroker`: the plugin's end of the broker's stream.
struct BrokerService: RegistrableRPCService {
  let broker: PluginBroker

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let broker = broker
    router.registerHandler(
      forMethod: Methods.brokerStream,
      deserializer: WireCoder<ConnectionOffer>(),
      serializer: WireCoder<ConnectionOffer>()
    ) { request, _ in
      StreamingServerResponse { writer in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for try await offer in request.messages { broker.received(offer) }
          }
          group.addTask { try await broker.writeOffers(to: writer) }
          // Whichever side ends first ends the stream.
          defer { group.cancelAll() }
          try await group.next()
        }
        return [:]
      }
    }
  }
}
