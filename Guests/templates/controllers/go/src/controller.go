// {{name}} writes into each Greeting's status whom it greets.
package main

import (
	"errors"
	"fmt"

	"ropewalk.dev/ropewalk/controller"
)

func init() {
	controller.Register(controller.Controller{
		Metadata: controller.Metadata{
			Name:         "{{name}}",
			Version:      "0.1.0",
			Kinds:        []string{"example.com/v1.Greeting"},
			Capabilities: []string{"reconcile", "status_update"},
		},
		Reconcile: reconcile,
	})
}

func reconcile(reference controller.Reference, client controller.Client) (controller.Result, error) {
	greeting, err := client.Get(reference)
	if refusal := (*controller.Refusal)(nil); errors.As(err, &refusal) && refusal.NotFound() {
		return controller.Result{}, nil // It is gone, and so is all there was to do.
	}
	if err != nil {
		return controller.Result{}, err
	}
	message := fmt.Sprintf("Hello, %v!", member(greeting, "spec", "to"))
	// Writing only what differs keeps the controller from being called for its own write.
	if member(greeting, "status", "message") == message {
		return controller.Result{}, nil
	}
	greeting["status"] = map[string]any{"message": message}
	_, err = client.UpdateStatus(greeting)
	return controller.Result{}, err
}

func member(object controller.Object, part, name string) any {
	members, _ := object[part].(map[string]any)
	return members[name]
}

func main() {}
