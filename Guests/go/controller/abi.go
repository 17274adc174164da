//go:build wasip1

package controller

import "unsafe"

//go:wasmimport ropewalk payload_read
func payloadRead(destination unsafe.Pointer, offset, length uint32) int32

//go:wasmimport ropewalk output_write
func outputWrite(bytes unsafe.Pointer, length uint32) int32

//go:wasmimport ropewalk result_read
func resultRead(destination unsafe.Pointer, capacity uint32) int32

//go:wasmimport ropewalk fail
func fail(code unsafe.Pointer, codeLength uint32, message unsafe.Pointer, messageLength, recoverable uint32) int32

//go:wasmimport ropewalk client
func hostClient(request unsafe.Pointer, length uint32) int32

func address(bytes []byte) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(bytes)), uint32(len(bytes))
}
