import RopewalkCore

/// The settings of `generate`.
struct GenerateSettings: ConnectorSettings {
  var count: Int
  var rate: Double?
  var payload: PayloadTemplate
  var contentType: String
  var customers: Int
  var customerHeader: String
  var parallel: Int

  init?(reading reader: inout SettingsReader) {
    count = reader.value("count", .count(1...Int(Int32.max)), default: 1000, "how many messages there are")
    rate = reader.optional("rate", .rate(0.001...10_000_000), "messages a second; as fast as they are taken when left out")
    payload = reader.value(
      "payload",
      .payload,
      default: PayloadTemplate(#"{"n":{n},"customer":"{customer}"}"#),
      "each message's payload; {n}, {customer}, {id} and {time} are filled in"
    )
    contentType = reader.value("contentType", .headerValue, default: "application/json", "the messages' media type")
    customers = reader.value(
      "customers",
      .count(1...1_000_000),
      default: 1,
      "customers the messages are spread over: customer-1, customer-2, …"
    )
    customerHeader = reader.value("customerHeader", .headerName, default: "X-Customer-ID", "the header that carries the customer")
    parallel = reader.value("parallel", .count(1...1024), default: 64, "messages handed over at once; 1 keeps their order")
  }
}
