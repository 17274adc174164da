import ArgumentParser
import RopewalkCore
import RopewalkServer

/// `KIND`, `KIND NAME…` or `KIND/NAME…`.
struct ObjectArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A kind and names: integrations, 'integration invoice-sync', integration/invoice-sync.", valueName: "kind> <name")
  )
  var words: [String]

  func validate() throws {
    guard let first = words.first else { throw ValidationError("name a kind, such as integrations") }
    let isSlashed = first.contains("/")
    guard words.dropFirst().allSatisfy({ $0.contains("/") == isSlashed }) else {
      throw ValidationError("write KIND NAME… or KIND/NAME…, not both")
    }
  }

  struct Choice {
    var kind: ServedKind
    /// Empty for all objects of the kind.
    var names: [String]
  }

  /// What is meant, a choice for each kind in the order they were named.
  func choices(_ kinds: ServedKinds) throws -> [Choice] {
    guard words[0].contains("/") else { return [Choice(kind: try kinds.kind(called: words[0]), names: Array(words.dropFirst()))] }
    return try words.map { word in
      let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw ValidationError("'\(word)' is not KIND/NAME") }
      return Choice(kind: try kinds.kind(called: parts[0]), names: [parts[1]])
    }
  }
}

/// Which objects of a kind.
struct SelectorOptions: ParsableArguments {
  @Flag(name: [.customShort("A"), .long], help: "The objects of all namespaces.")
  var allNamespaces = false

  @Option(name: [.customShort("l"), .customLong("selector")], help: "Labels that they have: app=web,tier in (a,b),!old.")
  var labels: String?

  @Option(name: .customLong("field-selector"), help: "Fields that they have: status.phase=Running,metadata.name!=x.")
  var fields: String?

  var query: [(String, String)] {
    [("labelSelector", labels), ("fieldSelector", fields)].compactMap { name, value in value.map { (name, $0) } }
  }
}

extension String {
  /// The path with parameters behind it.
  func withQuery(_ parameters: [(String, String)]) -> String {
    guard !parameters.isEmpty else { return self }
    return self + "?" + parameters.map { "\($0)=\(URLText.encode($1))" }.joined(separator: "&")
  }
}
