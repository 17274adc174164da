import RopewalkCore
import RopewalkPlugins

extension IntegrationReader {
  private static let kinds = ["converter", "filter"]
  private static let example = "{ type: wasm, source: ./step.ts }"

  /// The steps of all destinations: `steps`, or one `converter` and one `filter`, which run in that order.
  mutating func readSteps(_ spec: YAMLMap) -> [StepSpec] {
    let direct = spec.present(Self.kinds)
    if spec.has("steps") {
      for key in direct {
        spec[key]?.error("\(key) and steps cannot both be here", remedy: "move it into steps, as - \(key): …")
      }
      return readStepList(spec) + readSteps(spec, direct)
    }
    return readSteps(spec, direct)
  }

  private mutating func readSteps(_ map: YAMLMap, _ keys: [String]) -> [StepSpec] {
    keys.compactMap { key in
      guard let kind = StepSpec.Kind(rawValue: key), let field = map[key] else { return nil }
      return readStep(field, kind: kind)
    }
  }

  /// The list under `steps`.
  mutating func readStepList(_ map: YAMLMap) -> [StepSpec] {
    guard let items = map["steps"]?.list(limit: IntegrationRanges.steps, example: "a list: - converter: \(Self.example)") else { return [] }
    return items.flatMap { item -> [StepSpec] in
      guard let step = item.map(keys: Self.kinds, hints: Self.stepHints, example: "- converter: \(Self.example)") else { return [] }
      let kinds = step.present(Self.kinds)
      if kinds.count == 2 {
        item.error("one step cannot be a converter and a filter", remedy: "make them two: - converter: … and - filter: …")
      } else if kinds.isEmpty, item.node.isEmptyMap || step.keyMark("converter") ?? step.keyMark("filter") != nil {
        item.error("the step is empty", remedy: "write converter: \(Self.example)")
      }
      return readSteps(step, kinds)
    }
  }

  private static let stepHints = Dictionary(
    uniqueKeysWithValues: ["type", "source", "inline", "function", "config", "name"].map {
      ($0, "write - converter: or - filter: with it inside")
    }
  )

  private mutating func readStep(_ field: YAMLField, kind: StepSpec.Kind) -> StepSpec? {
    let keys = ["name", "type", "source", "inline", "function", "plugin", "config"]
    var hints = Dictionary(uniqueKeysWithValues: StepConfig.wasmKeys.map { ($0, "put it under config") })
    hints["file"] = "did you mean source?"
    hints["code"] = "did you mean inline?"
    guard let map = field.map(keys: keys, hints: hints, example: Self.example) else { return nil }
    let name = readName(map, example: "invoice-to-order")
    if LetterStage(rawValue: name) != nil {
      map["name"]?.error(
        "the name \(name) is already taken: dead letters have it for a stage that is no step, and a replay would not begin with this one",
        remedy: "give the step another name"
      )
    }
    let errors = field.findings.ownErrorCount
    let logic = readLogic(map)
    let isLogicSound = field.findings.ownErrorCount == errors
    var step = StepSpec(name: name, kind: kind, logic: logic ?? .function(""))
    let isFunction = if case .function = logic { true } else { false }
    var areSettingsSound = true
    if let config = map["config"] {
      let filled = references.filled(config)
      let isFilled = field.findings.ownErrorCount == errors
      areSettingsSound = StepConfig(field: filled, isFunction: isFunction).read(into: &step) && isFilled
    }
    step.places = places(of: field, config: map["config"])
    guard logic != nil else { return nil }
    // Code can be looked at whatever is wrong with its config, a function only with its settings.
    if isLogicSound, areSettingsSound || !isFunction { parts.steps.append(step) }
    return step
  }

  private func places(of step: YAMLField, config: YAMLField?) -> SettingPlaces {
    var places = SettingPlaces(of: step)
    if let config {
      let filled = SettingPlaces(of: references.filled(YAMLField(node: config.node, path: config.path, findings: Findings())))
      places.unresolved = Set(filled.unresolved.map { ["config"] + $0 })
    }
    return places
  }

  private enum LogicType: String, CaseIterable { case wasm, function }

  private func readLogic(_ map: YAMLMap) -> StepSpec.Logic? {
    if let plugin = map["plugin"] {
      plugin.error("steps from installed plugins are not supported yet", remedy: "name the plugin's file: source: ./plugin.wasm")
      return nil
    }
    let present = map.present(["source", "inline", "function"])
    let type: LogicType?
    if let field = map["type"] {
      type = field.word("a type of step")
      guard type != nil else { return nil }
    } else {
      type = present.first.map { $0 == "function" ? .function : .wasm }
    }
    switch type {
    case .function: return readFunction(map)
    case .wasm: return readCode(map)
    case nil:
      map.missing(
        "type",
        "missing",
        remedy: "add type: wasm with source: ./step.ts or inline: |, or type: function with function: xml-to-json"
      )
      return nil
    }
  }

  private func readFunction(_ map: YAMLMap) -> StepSpec.Logic? {
    for key in map.present(["source", "inline"]) {
      map[key]?.error("a step of type function has no \(key)", remedy: "remove it, or write type: wasm")
    }
    guard let field = map.required("function", example: "xml-to-json"),
      let name = field.string("the name of a function", example: "xml-to-json")
    else { return nil }
    if let known = context.functions, !known.contains(name) {
      field.unknown("a built-in function", known: known)
      return nil
    }
    return .function(name)
  }

  private func readCode(_ map: YAMLMap) -> StepSpec.Logic? {
    map["function"]?.error("a step of type wasm has no function", remedy: "remove it, or write type: function")
    switch (map["source"], map["inline"]) {
    case (let source?, nil): return readSource(source)
    case (nil, let inline?): return readInline(inline)
    case (_?, let inline?):
      inline.error("source and inline cannot both be here", remedy: "keep one of them")
    case (nil, nil):
      map.missing("source", "missing: the step has no code", remedy: "add source: ./step.ts, or inline: | with TypeScript under it")
    }
    return nil
  }

  private static let extensions = [".ts", ".js", ".mjs", ".wasm"]

  private func readSource(_ field: YAMLField) -> StepSpec.Logic? {
    guard let text = field.string("the path of a file", example: "./step.ts"), refuseReference(field, text) else { return nil }
    guard Self.extensions.contains(where: { text.hasSuffix($0) }) else {
      field.error(
        "\(field.node.found) is no kind of file that can be a step",
        remedy: "use \(Self.extensions.joined(separator: ", ")); build other languages to .wasm with 'ropewalk plugin build'"
      )
      return nil
    }
    let path = FileContents.resolve(text, besideFile: file)
    if context.requiresSourceFiles, let problem = FileContents.problem(withFile: path) {
      field.error("the file \(path) \(problem)", remedy: "write a path relative to the folder of this file")
      return nil
    }
    return .file(path)
  }

  private func readInline(_ field: YAMLField) -> StepSpec.Logic? {
    guard case .scalar(let scalar) = field.node.content, let code = field.string("TypeScript", example: "inline: | with the code under it")
    else { return nil }
    guard code.contains(where: { !$0.isWhitespace }) else {
      field.error("the code is empty", remedy: "write a function process(message)")
      return nil
    }
    // Where the file's lines are not the script's, places count within the script.
    return .inline(code, at: scalar.contentMark ?? SourceMark(file: "\(field.mark.file)#\(field.path)", line: 1, column: 1))
  }
}
