package main

import (
	"encoding/json"
	"testing"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

func configOf(t *testing.T, text string) connector.ConnectionConfig {
	config := connector.ConnectionConfig{ID: "c"}
	if err := json.Unmarshal([]byte(text), &config.Settings); err != nil {
		t.Fatal(err)
	}
	return config
}
