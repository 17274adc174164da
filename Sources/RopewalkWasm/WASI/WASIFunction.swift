/// The functions of `wasi_snapshot_preview1` that do something here; every other one answers that there is no such thing.
enum WASIFunction: String, Sendable {
  case argsGet = "args_get"
  case argsSizesGet = "args_sizes_get"
  case environGet = "environ_get"
  case environSizesGet = "environ_sizes_get"
  case clockTimeGet = "clock_time_get"
  case clockResolutionGet = "clock_res_get"
  case randomGet = "random_get"
  case scheduleYield = "sched_yield"
  case processExit = "proc_exit"
  case descriptorWrite = "fd_write"
  case descriptorRead = "fd_read"
  case descriptorClose = "fd_close"
  case descriptorSeek = "fd_seek"
  case descriptorStatus = "fd_fdstat_get"
  case preopenedGet = "fd_prestat_get"

  static let module = "wasi_snapshot_preview1"

  var type: ModuleOutline.FunctionType {
    let parameters: [ModuleOutline.ValueType] =
      switch self {
      case .scheduleYield: []
      case .processExit, .descriptorClose: [.i32]
      case .argsGet, .argsSizesGet, .environGet, .environSizesGet, .clockResolutionGet, .randomGet, .descriptorStatus, .preopenedGet:
        [.i32, .i32]
      case .clockTimeGet: [.i32, .i64, .i32]
      case .descriptorWrite, .descriptorRead: [.i32, .i32, .i32, .i32]
      case .descriptorSeek: [.i32, .i64, .i32, .i32]
      }
    return ModuleOutline.FunctionType(parameters: parameters, results: self == .processExit ? [] : [.i32])
  }
}
