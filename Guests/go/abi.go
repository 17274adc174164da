//go:build wasip1

package ropewalk

import "unsafe"

//go:wasmimport ropewalk payload_read
func payloadRead(destination unsafe.Pointer, offset, length uint32) int32

//go:wasmimport ropewalk output_write
func outputWrite(bytes unsafe.Pointer, length uint32) int32

//go:wasmimport ropewalk output_content_type
func outputContentType(text unsafe.Pointer, length uint32) int32

//go:wasmimport ropewalk field
func hostField(field uint32, key unsafe.Pointer, keyLength uint32) int32

//go:wasmimport ropewalk result_read
func resultRead(destination unsafe.Pointer, capacity uint32) int32

//go:wasmimport ropewalk fail
func fail(code unsafe.Pointer, codeLength uint32, message unsafe.Pointer, messageLength, recoverable uint32) int32

//go:wasmimport ropewalk log
func hostLog(level uint32, text unsafe.Pointer, length uint32) int32

//go:wasmimport ropewalk transform
func transform(name unsafe.Pointer, nameLength uint32, options unsafe.Pointer, optionsLength uint32, input unsafe.Pointer, inputLength uint32) int32

//go:wasmimport ropewalk validate
func validate(schema unsafe.Pointer, schemaLength uint32, json unsafe.Pointer, jsonLength uint32) int32

//go:wasmimport ropewalk http_call
func httpCall(request unsafe.Pointer, length uint32) int32

func text(text string) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.StringData(text)), uint32(len(text))
}

func bytes(bytes []byte) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(bytes)), uint32(len(bytes))
}
