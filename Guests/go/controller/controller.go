//go:build wasip1

// Package controller is for writing controllers in Go: what makes declared objects so.
//
//	package main
//
//	import "ropewalk.dev/ropewalk/controller"
//
//	func init() {
//		controller.Register(controller.Controller{
//			Metadata:  controller.Metadata{Name: "items", Version: "1.0.0", Kinds: []string{"example.com/v1.Item"}, Capabilities: []string{"reconcile"}},
//			Reconcile: func(item controller.Reference, client controller.Client) (controller.Result, error) { … },
//		})
//	}
//
//	func main() {}
//
// docs/controller-abi.md has the contract. `ropewalk plugin build` compiles it as a WASI reactor.
package controller

import (
	"encoding/json"
	"errors"
	"runtime"
)

// Object is an object as it is written: apiVersion, kind, metadata, spec, status.
type Object map[string]any

// Reference names an object.
type Reference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// Metadata is what a controller says about itself.
type Metadata struct {
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	Kinds        []string `json:"kinds"`
	Capabilities []string `json:"capabilities"`
}

// Result says when an object is to be looked at again; the zero Result, when something changes.
type Result struct {
	Requeue bool `json:"requeue,omitempty"`
	// RequeueAfter is a duration such as 5m.
	RequeueAfter string `json:"requeueAfter,omitempty"`
}

// Write is a write that the controller has a say in. Old is nil for a creation.
type Write struct {
	Operation string  `json:"operation"`
	Object    Object  `json:"object"`
	Old       Object  `json:"oldObject"`
	DryRun    bool    `json:"dryRun"`
	Subject   Subject `json:"subject"`
}

// Subject is who writes; empty without the capability admission.
type Subject struct {
	Name   string   `json:"name"`
	Groups []string `json:"groups"`
}

// Cause is one reason to refuse a write.
type Cause struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Controller is what there is to do. Everything but the metadata may be left out.
type Controller struct {
	Metadata    Metadata
	Initialize  func(settings json.RawMessage) error
	Reconcile   func(reference Reference, client Client) (Result, error)
	SetDefaults func(write Write) (Object, error)
	// Validate looks at creations and updates; no causes let the write through.
	Validate func(write Write, client Client) ([]Cause, error)
	Shutdown func()
}

var registered Controller

// Register sets the controller. Call it in init: main is never called.
func Register(controller Controller) { registered = controller }

//go:wasmexport ropewalk_abi_v1
func abiVersion() {}

//go:wasmexport metadata
func metadata(length uint32) int32 {
	return answer(length, func([]byte) (any, error) { return registered.Metadata, nil })
}

//go:wasmexport initialize
func initialize(length uint32) int32 {
	return answer(length, func(input []byte) (any, error) {
		if registered.Initialize == nil {
			return nil, nil
		}
		return nil, registered.Initialize(input)
	})
}

//go:wasmexport reconcile
func reconcile(length uint32) int32 {
	return answer(length, func(input []byte) (any, error) {
		var reference Reference
		if err := json.Unmarshal(input, &reference); err != nil || registered.Reconcile == nil {
			return nil, err
		}
		return registered.Reconcile(reference, Client{})
	})
}

//go:wasmexport set_defaults
func setDefaults(length uint32) int32 {
	return answer(length, func(input []byte) (any, error) {
		var write Write
		if err := json.Unmarshal(input, &write); err != nil || registered.SetDefaults == nil {
			return nil, err
		}
		object, err := registered.SetDefaults(write)
		if object == nil {
			return nil, err
		}
		return map[string]any{"object": object}, err
	})
}

//go:wasmexport validate_create
func validateCreate(length uint32) int32 { return validate(length) }

//go:wasmexport validate_update
func validateUpdate(length uint32) int32 { return validate(length) }

//go:wasmexport shutdown
func shutdown(length uint32) int32 {
	return answer(length, func([]byte) (any, error) {
		if registered.Shutdown != nil {
			registered.Shutdown()
		}
		return nil, nil
	})
}

func validate(length uint32) int32 {
	return answer(length, func(input []byte) (any, error) {
		var write Write
		if err := json.Unmarshal(input, &write); err != nil || registered.Validate == nil {
			return nil, err
		}
		causes, err := registered.Validate(write, Client{})
		if len(causes) == 0 {
			return nil, err
		}
		return map[string]any{"causes": causes}, err
	})
}

func answer(length uint32, action func(input []byte) (any, error)) int32 {
	const pass, failed = 0, 2
	input := make([]byte, length)
	destination, _ := address(input)
	payloadRead(destination, 0, length)
	value, err := action(input)
	if err == nil && value != nil {
		err = write(value)
	}
	if err != nil {
		message := []byte(err.Error())
		text, size := address(message)
		recoverable := uint32(0)
		if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
			recoverable = 1
		}
		fail(nil, 0, text, size, recoverable)
		runtime.KeepAlive(message)
		return failed
	}
	return pass
}

func write(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if outputWrite(address(text)) != 0 {
		return errors.New("the answer is larger than the controller may give")
	}
	runtime.KeepAlive(text)
	return nil
}
