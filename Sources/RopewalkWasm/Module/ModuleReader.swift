/// Reads the outside of a module from its binary form (WebAssembly core specification, chapter 5).
///
/// Every length is checked against what is there; the code itself is passed over, Wasmtime validates it.
struct ModuleReader {
  /// Why bytes are not a module that can be used.
  enum Refusal: Error, Equatable {
    case notWASM
    /// WebAssembly text was given.
    case text
    case component
    case unknownVersion(UInt32)
    case truncated(offset: Int)
    case malformed(offset: Int, String)
  }

  private let bytes: [UInt8]
  private var position = 0
  private var end: Int
  private var types: [ModuleOutline.FunctionType?] = []
  private var functions: [Int] = []
  private var declaredBodies = 0
  private var bodies = 0
  private var tableCount = 0
  private var globalCount = 0
  private var tagCount = 0
  private var outline = ModuleOutline()

  static func outline(of bytes: [UInt8]) throws(Refusal) -> ModuleOutline {
    var reader = ModuleReader(bytes)
    return try reader.readModule()
  }

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
    self.end = bytes.count
  }

  private mutating func readModule() throws(Refusal) -> ModuleOutline {
    try readPreamble()
    while position < bytes.count {
      end = bytes.count
      let id = try readByte()
      let size = try readCount()
      guard size <= bytes.count - position else { throw .truncated(offset: bytes.count) }
      end = position + size
      try readSection(id)
      position = end
    }
    guard bodies == declaredBodies else { throw .truncated(offset: bytes.count) }
    return outline
  }

  private mutating func readPreamble() throws(Refusal) {
    guard bytes.starts(with: [0x00, 0x61, 0x73, 0x6D]) else {
      let start = bytes.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
      throw start.starts(with: Array("(module".utf8)) || start.starts(with: Array(";;".utf8)) ? .text : .notWASM
    }
    guard bytes.count >= 8 else { throw .truncated(offset: bytes.count) }
    let version = (4..<8).reduce(UInt32(0)) { $0 | UInt32(bytes[$1]) << UInt32(($1 - 4) * 8) }
    // The upper half says the layer; 1 are components.
    guard version >> 16 == 0 else { throw .component }
    guard version == 1 else { throw .unknownVersion(version) }
    position = 8
  }

  private mutating func readSection(_ id: UInt8) throws(Refusal) {
    switch id {
    case 1: try readTypes()
    case 2: try readImports()
    case 3:
      try repeatRead { reader throws(Refusal) in
        reader.functions.append(try reader.readCount())
        reader.declaredBodies += 1
      }
    case 4: tableCount += try readCount()
    case 5: try repeatRead { reader throws(Refusal) in reader.outline.memories.append(try reader.readMemoryType()) }
    case 6: globalCount += try readCount()
    case 7: try repeatRead { reader throws(Refusal) in try reader.readExport() }
    case 8: outline.hasStartFunction = true
    case 10: bodies += try readCount()
    case 13: tagCount += try readCount()
    default: break
    }
  }

  private mutating func readTypes() throws(Refusal) {
    let count = try readCount()
    for _ in 0..<count {
      guard try readByte() == 0x60 else {
        // A recursive or other newer type; those behind it keep their numbers but stay unknown.
        types.append(contentsOf: Array(repeating: nil, count: min(count - types.count, end - position + 1)))
        return
      }
      types.append(ModuleOutline.FunctionType(parameters: try readValueTypes(), results: try readValueTypes()))
    }
  }

  private mutating func readValueTypes() throws(Refusal) -> [ModuleOutline.ValueType?] {
    var result: [ModuleOutline.ValueType?] = []
    try repeatRead { reader throws(Refusal) in result.append(ModuleOutline.ValueType(rawValue: try reader.readByte())) }
    return result
  }

  private mutating func readImports() throws(Refusal) {
    try repeatRead { reader throws(Refusal) in
      let module = try reader.readName()
      let name = try reader.readName()
      let entity: ModuleOutline.Entity
      switch try reader.readByte() {
      case 0:
        let type = try reader.readCount()
        reader.functions.append(type)
        entity = .function(reader.type(type))
      case 1:
        _ = try reader.readByte()
        _ = try reader.readLimits()
        reader.tableCount += 1
        entity = .table
      case 2:
        let type = try reader.readMemoryType()
        reader.outline.memories.append(type)
        entity = .memory(type)
      case 3:
        _ = try reader.readByte()
        _ = try reader.readByte()
        reader.globalCount += 1
        entity = .global
      case 4:
        _ = try reader.readByte()
        _ = try reader.readCount()
        reader.tagCount += 1
        entity = .tag
      case let kind: throw .malformed(offset: reader.position - 1, "an import of unknown kind \(kind)")
      }
      reader.outline.imports.append(ModuleOutline.Import(module: module, name: name, entity: entity))
    }
  }

  private mutating func readExport() throws(Refusal) {
    let name = try readName()
    let kind = try readByte()
    let index = try readCount()
    let counts = [functions.count, tableCount, outline.memories.count, globalCount, tagCount]
    guard Int(kind) < counts.count else { throw .malformed(offset: position, "an export of unknown kind \(kind)") }
    guard index < counts[Int(kind)] else { throw .malformed(offset: position, "export '\(name)' names something that is not there") }
    let entity: ModuleOutline.Entity =
      switch kind {
      case 0: .function(type(functions[index]))
      case 1: .table
      case 2: .memory(outline.memories[index])
      case 3: .global
      default: .tag
      }
    outline.exports.append(ModuleOutline.Export(name: name, entity: entity))
  }

  private func type(_ index: Int) -> ModuleOutline.FunctionType? {
    index < types.count ? types[index] : nil
  }

  private mutating func readMemoryType() throws(Refusal) -> ModuleOutline.MemoryType {
    let (flags, minimum, maximum) = try readLimits()
    return ModuleOutline.MemoryType(
      minimumPages: minimum,
      maximumPages: maximum,
      isShared: flags & 2 != 0,
      is64Bit: flags & 4 != 0,
      hasCustomPageSize: flags & 8 != 0
    )
  }

  private mutating func readLimits() throws(Refusal) -> (flags: UInt8, minimum: UInt64, maximum: UInt64?) {
    let flags = try readByte()
    let minimum = try readNumber()
    let maximum = flags & 1 != 0 ? try readNumber() : nil
    if flags & 8 != 0 { _ = try readNumber() }
    return (flags, minimum, maximum)
  }

  private mutating func repeatRead(_ read: (inout ModuleReader) throws(Refusal) -> Void) throws(Refusal) {
    for _ in 0..<(try readCount()) { try read(&self) }
  }

  private mutating func readName() throws(Refusal) -> String {
    let count = try readCount()
    guard count <= end - position else { throw .malformed(offset: position, "a name that does not fit its section") }
    guard let name = String(validating: bytes[position..<position + count], as: UTF8.self) else {
      throw .malformed(offset: position, "a name that is not UTF-8")
    }
    position += count
    return name
  }

  private mutating func readByte() throws(Refusal) -> UInt8 {
    guard position < end else {
      throw end == bytes.count ? .truncated(offset: end) : .malformed(offset: position, "a section that ends too early")
    }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func readCount() throws(Refusal) -> Int {
    let start = position
    let number = try readNumber()
    guard number <= UInt32.max else { throw .malformed(offset: start, "a number that is too large") }
    return Int(number)
  }

  /// An unsigned LEB128 number of at most 64 bits.
  private mutating func readNumber() throws(Refusal) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try readByte()
      result |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return result }
    }
    throw .malformed(offset: position, "a number that never ends")
  }
}
