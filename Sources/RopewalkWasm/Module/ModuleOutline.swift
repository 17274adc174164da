/// What a WASM module declares on its outside: enough to say what is wrong with it before anything is compiled.
struct ModuleOutline: Equatable {
  enum ValueType: UInt8 {
    case i32 = 0x7F
    case i64 = 0x7E
    case f32 = 0x7D
    case f64 = 0x7C
    case v128 = 0x7B
    case funcref = 0x70
    case externref = 0x6F
  }

  /// A value type that is not known here stands as nil.
  struct FunctionType: Equatable, CustomStringConvertible {
    var parameters: [ValueType?]
    var results: [ValueType?]

    var description: String {
      func list(_ types: [ValueType?]) -> String { "(" + types.map { $0.map { "\($0)" } ?? "?" }.joined(separator: ", ") + ")" }
      return "\(list(parameters)) -> \(list(results))"
    }
  }

  struct MemoryType: Equatable {
    static let pageSize = 65_536

    var minimumPages: UInt64
    var maximumPages: UInt64?
    var isShared: Bool
    var is64Bit: Bool
    var hasCustomPageSize: Bool
  }

  enum Entity: Equatable {
    /// The type is nil where the module uses a form of type that is not known here.
    case function(FunctionType?)
    case table
    case memory(MemoryType)
    case global
    case tag

    var word: String {
      switch self {
      case .function: "function"
      case .table: "table"
      case .memory: "memory"
      case .global: "global"
      case .tag: "tag"
      }
    }
  }

  struct Import: Equatable {
    var module: String
    var name: String
    var entity: Entity
  }

  struct Export: Equatable {
    var name: String
    var entity: Entity
  }

  var imports: [Import] = []
  var exports: [Export] = []
  /// Those that are imported and those that are defined.
  var memories: [MemoryType] = []
  var hasStartFunction = false

  func export(_ name: String) -> Entity? {
    exports.first { $0.name == name }?.entity
  }
}
