import RopewalkCore
import RopewalkNATS

/// The same as nats-floor, through our client.
struct ClientLoad {
  private static let senders = 8
  private static let batch = 64
  private static let note =
    #"{"id":"01JQ5T0000000000000000000","at":1700000000000000000,"customer":"acme","integration":"orders","#
    + #""destinations":["erp"],"type":"application/json","mark":"01JQ5T0000000000000000000.1"}"#

  let connection: NATSConnection
  let count: Int

  func run() async throws {
    let jetStream = try await JetStream(connection)
    try? await jetStream.remove("ours")
    try await jetStream.ensure(StreamConfiguration(name: "ours", subjects: ["ours.*.*.in"]))
    let start = ContinuousClock.now
    try await publish()
    let published = ContinuousClock.now
    try await consume(jetStream)
    let consumed = ContinuousClock.now
    func rate(_ duration: Duration) -> Int { Int(Double(count) / duration.seconds) }
    print(
      "{\"publish_per_second\": \(rate(published - start)), \"consume_per_second\": \(rate(consumed - published)), \"both_per_second\": \(rate(consumed - start))}"
    )
  }

  private func publish() async throws {
    let publisher = try JetStreamPublisher(connection)
    let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
    try await withThrowingTaskGroup { group in
      for sender in 0..<Self.senders {
        group.addTask {
          for first in stride(from: sender * Self.batch, to: self.count, by: Self.senders * Self.batch) {
            let messages = (first..<min(first + Self.batch, self.count)).map { number in
              NATSOutgoing(
                "ours.acme.orders.in",
                headers: [("Nats-Msg-Id", "6:4:ordersacme\(number)"), ("Ropewalk", Self.note)],
                payload: payload
              )
            }
            for case .refused(let refusal) in try await publisher.publish(messages) { throw refusal }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func consume(_ jetStream: JetStream) async throws {
    let configuration = ConsumerConfiguration(durable: "all", subjects: ["ours.*.*.in"])
    let consumer = try await PullConsumer(jetStream, stream: "ours", configuration, window: 1000)
    var (left, bytes) = (count, 0)
    while left > 0 {
      let messages = try await consumer.next(upTo: 500)
      for message in messages {
        bytes += message.payload.count + (message.note?.utf8.count ?? 0)
        connection.acknowledge(message, .done)
      }
      left -= messages.count
    }
    guard bytes > 0 else { throw CancellationError() }
    consumer.close()
  }
}
