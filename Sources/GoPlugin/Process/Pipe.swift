import CGoPluginLauncher

/// A pipe whose ends do not pass to children by accident.
struct Pipe {
  let reading: Int32
  let writing: Int32

  init() throws(GoPluginError) {
    var ends: [Int32] = [-1, -1]
    let error = goplugin_pipe(&ends)
    guard error == 0 else {
      throw GoPluginError(.systemCallFailed, "no pipe for a plugin's output: \(ErrorNumber(error)); raise the limit on open files")
    }
    (reading, writing) = (ends[0], ends[1])
  }
}
