module {{name}}

go 1.21

// `ropewalk plugin build` finds the SDK and its libraries by itself. For editors, and for current libraries: add
// a replace of the SDK with the folder SDKs/go of your Ropewalk, and run `go mod tidy`.
