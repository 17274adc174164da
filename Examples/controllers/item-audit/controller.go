// Item-audit says in an event when an item runs out, once for each time.
package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"ropewalk.dev/ropewalk/controller"
)

const annotation = "inventory.example.com/ran-out"

var lowWater = 0

func init() {
	controller.Register(controller.Controller{
		Metadata: controller.Metadata{
			Name:         "item-audit",
			Version:      "1.0.0",
			Kinds:        []string{"inventory.example.com/v1alpha1.Item"},
			Capabilities: []string{"reconcile"},
		},
		Initialize: initialize,
		Reconcile:  reconcile,
	})
}

func initialize(settings json.RawMessage) error {
	wanted := struct {
		LowWater int `json:"low_water"`
	}{}
	if err := json.Unmarshal(settings, &wanted); err != nil {
		return fmt.Errorf("low_water: %w", err)
	}
	lowWater = wanted.LowWater
	return nil
}

func reconcile(reference controller.Reference, client controller.Client) (controller.Result, error) {
	item, err := client.Get(reference)
	if refusal := (*controller.Refusal)(nil); errors.As(err, &refusal) && refusal.NotFound() {
		return controller.Result{}, nil
	}
	if err != nil {
		return controller.Result{}, err
	}
	isLow, wasSaid := quantity(item) <= float64(lowWater), annotations(item)[annotation] != nil
	if isLow == wasSaid {
		return controller.Result{}, nil
	}
	var mark any
	if isLow {
		mark = "true"
		message := fmt.Sprintf("%v pieces are left", quantity(item))
		if err := client.Event(reference, "Warning", "RunsOut", message); err != nil {
			return controller.Result{}, err
		}
	}
	_, err = client.Patch(reference, controller.Object{"metadata": map[string]any{"annotations": map[string]any{annotation: mark}}})
	return controller.Result{}, err
}

func quantity(item controller.Object) float64 {
	spec, _ := item["spec"].(map[string]any)
	quantity, _ := spec["quantity"].(float64)
	return quantity
}

func annotations(item controller.Object) map[string]any {
	metadata, _ := item["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	return annotations
}

func main() {}
