/// A program of the kernel's classic BPF that judges each system call of a process.
struct FilterProgram: Sendable, Hashable {
  /// One instruction, as `struct sock_filter` of `linux/filter.h`.
  struct Instruction: Sendable, Hashable {
    var code: UInt16
    /// How many instructions are skipped when a comparison holds, and when it does not.
    var ifTrue: UInt8 = 0
    var ifFalse: UInt8 = 0
    var value: UInt32
  }

  enum Code {
    static let load: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
    static let and: UInt16 = 0x54  // BPF_ALU | BPF_AND | BPF_K
    static let jumpIfEqual: UInt16 = 0x15  // BPF_JMP | BPF_JEQ | BPF_K
    static let jumpIfGreater: UInt16 = 0x25  // BPF_JMP | BPF_JGT | BPF_K
    static let jumpIfAnyBit: UInt16 = 0x45  // BPF_JMP | BPF_JSET | BPF_K
    static let answer: UInt16 = 0x06  // BPF_RET | BPF_K
  }

  /// What the kernel does with the call.
  enum Verdict: Sendable, Hashable {
    case allow
    /// The call fails with this `errno`.
    case fail(UInt32)
    /// The process ends.
    case kill

    var value: UInt32 {
      switch self {
      case .allow: 0x7fff_0000
      case .fail(let number): 0x0005_0000 | number
      case .kill: 0x8000_0000
      }
    }
  }

  /// Offsets into `struct seccomp_data`.
  enum Field {
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4

    /// The lower half of an argument: what the kernel reads of those that are 32 bits wide.
    static func argument(_ index: Int) -> UInt32 { 16 + 8 * UInt32(index) }
  }

  private(set) var instructions: [Instruction] = []

  mutating func load(_ field: UInt32) { append(Code.load, field) }
  mutating func and(_ mask: UInt32) { append(Code.and, mask) }
  mutating func answer(_ verdict: Verdict) { append(Code.answer, verdict.value) }

  /// Ends with `verdict` when what is loaded equals `value`; goes on otherwise.
  mutating func answer(_ verdict: Verdict, ifEqual value: UInt32) {
    instructions.append(Instruction(code: Code.jumpIfEqual, ifFalse: 1, value: value))
    answer(verdict)
  }

  mutating func answer(_ verdict: Verdict, ifGreaterThan value: UInt32) {
    instructions.append(Instruction(code: Code.jumpIfGreater, ifFalse: 1, value: value))
    answer(verdict)
  }

  mutating func answer(_ verdict: Verdict, ifAnyBitOf mask: UInt32) {
    instructions.append(Instruction(code: Code.jumpIfAnyBit, ifFalse: 1, value: mask))
    answer(verdict)
  }

  /// Ends with `verdict` unless what is loaded equals `value`.
  mutating func answer(_ verdict: Verdict, unlessEqual value: UInt32) {
    instructions.append(Instruction(code: Code.jumpIfEqual, ifTrue: 1, value: value))
    answer(verdict)
  }

  /// Runs the instructions of `body` when what is loaded equals `value`, and skips them otherwise. `body` is at most 255
  /// instructions long.
  mutating func when(equal value: UInt32, _ body: (inout FilterProgram) -> Void) {
    let place = instructions.count
    instructions.append(Instruction(code: Code.jumpIfEqual, value: value))
    body(&self)
    instructions[place].ifFalse = UInt8(instructions.count - place - 1)
  }

  /// The program as the kernel takes it, on machines of the low byte first.
  var bytes: [UInt8] {
    instructions.flatMap { instruction in
      [
        UInt8(truncatingIfNeeded: instruction.code), UInt8(truncatingIfNeeded: instruction.code >> 8), instruction.ifTrue,
        instruction.ifFalse,
      ]
        + (0..<4).map { UInt8(truncatingIfNeeded: instruction.value >> (8 * $0)) }
    }
  }

  private mutating func append(_ code: UInt16, _ value: UInt32) {
    instructions.append(Instruction(code: code, value: value))
  }
}
