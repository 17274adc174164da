//go:build wasip1

package controller

import (
	"encoding/json"
	"runtime"
)

const (
	statusError   = -3
	codeFailed    = "client.failed"
	codeNotFound  = "resource.notFound"
	codeConflict  = "resource.conflict"
	codeDuplicate = "resource.exists"
)

// Refusal is why a request was not done. Its code is one of docs/controller-abi.md, such as resource.notFound.
type Refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (refusal *Refusal) Error() string { return refusal.Message + " [" + refusal.Code + "]" }

// NotFound says whether there is no such object.
func (refusal *Refusal) NotFound() bool { return refusal.Code == codeNotFound }

// Conflict says whether somebody else wrote meanwhile.
func (refusal *Refusal) Conflict() bool { return refusal.Code == codeConflict }

// Exists says whether the object is there already.
func (refusal *Refusal) Exists() bool { return refusal.Code == codeDuplicate }

// Client reaches objects, as far as the controller is granted. Errors are *Refusal.
type Client struct{}

// Get answers the object.
func (client Client) Get(reference Reference) (Object, error) { return client.one("get", reference, nil) }

// Query says which objects; the namespace, the selectors and the rest may be empty.
type Query struct {
	APIVersion    string `json:"apiVersion"`
	Kind          string `json:"kind"`
	Namespace     string `json:"namespace,omitempty"`
	LabelSelector string `json:"labelSelector,omitempty"`
	FieldSelector string `json:"fieldSelector,omitempty"`
	Limit         int    `json:"limit,omitempty"`
	Continue      string `json:"continue,omitempty"`
}

// List is one page of objects, with what the next page is asked for.
type List struct {
	Items           []Object `json:"items"`
	ResourceVersion string   `json:"resourceVersion"`
	Continue        string   `json:"continue"`
}

// List answers a page of objects.
func (client Client) List(query Query) (list List, err error) {
	err = request(struct {
		Verb string `json:"verb"`
		Query
	}{"list", query}, &list)
	return list, err
}

// Create makes an object.
func (client Client) Create(object Object) (Object, error) { return client.write("create", object) }

// Update writes everything of an object but its status.
func (client Client) Update(object Object) (Object, error) { return client.write("update", object) }

// UpdateStatus writes the status of an object alone.
func (client Client) UpdateStatus(object Object) (Object, error) { return client.write("status", object) }

// Patch merges a patch (RFC 7386) into everything of an object but its status.
func (client Client) Patch(reference Reference, patch Object) (Object, error) {
	return client.one("patch", reference, patch)
}

// Delete removes an object.
func (client Client) Delete(reference Reference) error {
	_, err := client.one("delete", reference, nil)
	return err
}

// Event writes down what happened to an object; the kind is Normal or Warning.
func (client Client) Event(about Reference, kind, reason, message string) error {
	return request(map[string]any{"verb": "event", "about": about, "type": kind, "reason": reason, "message": message}, nil)
}

func (client Client) write(verb string, object Object) (Object, error) {
	var answer struct{ Object Object }
	err := request(map[string]any{"verb": verb, "object": object}, &answer)
	return answer.Object, err
}

func (client Client) one(verb string, reference Reference, patch Object) (Object, error) {
	var answer struct{ Object Object }
	err := request(struct {
		Verb string `json:"verb"`
		Reference
		Patch Object `json:"patch,omitempty"`
	}{verb, reference, patch}, &answer)
	return answer.Object, err
}

func request(request any, answer any) error {
	text, err := json.Marshal(request)
	if err != nil {
		return &Refusal{codeFailed, err.Error()}
	}
	status := hostClient(address(text))
	runtime.KeepAlive(text)
	if status < 0 && status != statusError {
		return &Refusal{codeFailed, "the request or its answer is larger than the controller may have"}
	}
	result := make([]byte, resultRead(nil, 0))
	resultRead(address(result))
	if status == statusError {
		refusal := &Refusal{Code: codeFailed}
		if json.Unmarshal(result, refusal) != nil {
			refusal.Message = string(result)
		}
		return refusal
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(result, answer); err != nil {
		return &Refusal{codeFailed, "the host's answer is not what was expected: " + err.Error()}
	}
	return nil
}
