import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@Suite struct AdmissionTests {
  @Test func defaultsComeBeforeValidation() async throws {
    try await withRegistry { registry, _ in
      let order = Mutex<[String]>([])
      registry.admission.set(
        AdmissionStep(
          name: "second",
          validate: { request in
            order.withLock { $0.append("validate \(request.object.count)") }
            return request.object.count > 10 ? [InvalidField("spec.count", .invalid, "too many")] : []
          }
        )
      )
      var first = AdmissionStep(
        name: "first",
        setDefaults: { request in
          order.withLock { $0.append("default") }
          var object = request.object
          if object.spec == nil { object.spec = ["count": 5] }
          object.metadata.labels["seen"] = "yes"
          object.metadata.name = "elsewhere"
          return object
        }
      )
      first.isConcerned = { $0.key.collection == .items }
      registry.admission.set(first)
      let made = try await registry.add(.object("inventory.example.com/v1", "Item", "a", in: "default"))
      #expect(made.count == 5 && made.metadata.labels == ["seen": "yes"] && made.metadata.name == "a")
      #expect(order.withLock { $0 } == ["default", "validate 5"])
      let error = await #expect(throws: RopewalkError.self) { try await registry.change(.item("a")) { $0.spec = ["count": 11] } }
      #expect(error?.invalidFields == [InvalidField("spec.count", .invalid, "too many")])
      registry.admission.remove("second")
      try await registry.change(.item("a")) { $0.spec = ["count": 11] }
    }
  }

  @Test func defaultsDoNotReachTheStatus() async throws {
    try await withRegistry { registry, _ in
      registry.admission.set(
        AdmissionStep(
          name: "liar",
          setDefaults: { request in
            var object = request.object
            object.status = ["phase": "Ready"]
            return object
          }
        )
      )
      let made = try await registry.add(.item("a"))
      let changed = try await registry.change(.item("a")) { $0.spec = ["count": 2] }
      #expect(made.status == nil && changed.status == nil)
    }
  }

  @Test(arguments: [AdmissionStep.FailurePolicy.fail, .ignore]) func aStepThatGivesNoAnswer(_ policy: AdmissionStep.FailurePolicy)
    async throws
  {
    try await withRegistry { registry, _ in
      registry.admission.set(
        AdmissionStep(
          name: "loop",
          timeLimit: .milliseconds(50),
          failurePolicy: policy,
          validate: { _ in
            try await Task.sleep(for: .seconds(3600))
            return []
          }
        )
      )
      let warnings = Mutex<[String]>([])
      var options = WriteOptions()
      options.onWarning = { warning in warnings.withLock { $0.append(warning) } }
      if policy == .fail {
        await expect("resource.admissionFailed") { [options] in try await registry.add(.item("a"), options) }
        #expect(try await registry.names().isEmpty)
      } else {
        try await registry.add(.item("a"), options)
        #expect(warnings.withLock { $0.count } == 1)
      }
    }
  }

  @Test func aStepSaysWhatConcernsIt() async throws {
    try await withRegistry { registry, _ in
      var step = AdmissionStep(name: "wait", failurePolicy: .ignore)
      step.validate = { _ in throw RopewalkError(.resourceAdmissionWaits, "not yet") }
      step.isConcerned = { $0.key.name == "a" }
      registry.admission.set(step)
      try await registry.add(.item("b"))
      // Who must be waited for is waited for, and it is said that it helps.
      await expect("resource.admissionWaits") { try await registry.add(.item("a")) }
      #expect(try await registry.names() == ["b"])
    }
  }

  @Test func deletionsCanBeRefused() async throws {
    try await withRegistry { registry, _ in
      registry.admission.set(
        AdmissionStep(name: "keep", operations: [.delete], validate: { _ in [InvalidField("", .forbidden, "it is needed")] })
      )
      try await registry.add(.item("a"))
      await expect("resource.invalid") { try await registry.delete(.item("a")) }
      #expect(try await registry.names() == ["a"])
    }
  }
}
