import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@Suite struct EventTests {
  @Test func theSameAgainIsCounted() async throws {
    try await withRegistry { registry, _ in
      let item = try await registry.add(.item("a"))
      let recorder = EventRecorder(registry, component: "test")
      for _ in 0..<3 { try await recorder.record(.warning, reason: "Failed", message: "it did not work", about: item) }
      try await recorder.record(reason: "Started", message: "it works", about: item)
      let fields = try FieldSelector(parsing: "involvedObject.uid=\(item.metadata.uid)")
      let events = try await registry.list(ResourceQuery(.events, namespace: "default", fields: fields)).items
      // Whatever somebody has written into the count.
      let key = try #require(
        events.first { $0.fields["reason"]?.string == "Started" }.map { ResourceKey(.events, namespace: "default", name: $0.metadata.name) }
      )
      for count in [Int.max, Int.min] {
        try await registry.change(key) { $0.fields["count"] = .number(JSONNumber(count)) }
        try await recorder.record(reason: "Started", message: "it works", about: item)
        let counted = try await registry.get(key).fields["count"]?.int
        #expect(counted == (count > 0 ? Int(Int32.max) : 2))
      }
      #expect(Set(events.map { "\($0.fields["reason"]?.string ?? "") \($0.fields["count"]?.int ?? 0)" }) == ["Failed 3", "Started 1"])
    }
  }
}
