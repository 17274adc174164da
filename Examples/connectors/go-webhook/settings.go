package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

const schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "listen": {"type": "string", "default": "127.0.0.1:8080", "description": "host and port to listen on"},
    "endpoint": {"type": "string", "pattern": "^/", "description": "the path that takes messages"},
    "methods": {"type": "array", "items": {"type": "string"}, "minItems": 1, "default": ["POST"]},
    "maxBodySize": {"type": ["string", "integer"], "default": "1Mi", "description": "the largest payload"},
    "idempotencyHeader": {"type": "string", "description": "the header that becomes the message id"},
    "tls": {
      "type": "object",
      "properties": {"certificate": {"type": "string"}, "key": {"type": "string"}},
      "required": ["certificate", "key"],
      "additionalProperties": false
    },
    "signature": {
      "type": "object",
      "properties": {
        "scheme": {"enum": ["standard-webhooks", "github"]},
        "secret": {"type": "string"},
        "tolerance": {"type": "string", "default": "5m"}
      },
      "required": ["scheme", "secret"],
      "additionalProperties": false
    }
  },
  "required": ["endpoint"],
  "additionalProperties": false
}`

// settings are what an integration file says.
type settings struct {
	Listen            string      `json:"listen"`
	Endpoint          string      `json:"endpoint"`
	Methods           []string    `json:"methods"`
	MaxBodySize       interface{} `json:"maxBodySize"`
	IdempotencyHeader string      `json:"idempotencyHeader"`
	TLS               *struct {
		Certificate string `json:"certificate"`
		Key         string `json:"key"`
	} `json:"tls"`
	Signature *struct {
		Scheme    string `json:"scheme"`
		Secret    string `json:"secret"`
		Tolerance string `json:"tolerance"`
	} `json:"signature"`

	maxBody  int64
	verifier verifier
}

const largestBody = 1 << 30

func readSettings(config connector.ConnectionConfig) (*settings, []connector.ConfigProblem) {
	s := &settings{Listen: "127.0.0.1:8080", Methods: []string{"POST"}, MaxBodySize: "1Mi"}
	if err := config.DecodeSettings(s); err != nil {
		return nil, connector.ProblemsOf(err)
	}
	var problems []connector.ConfigProblem
	report := func(message, remedy string, path ...string) {
		problems = append(problems, connector.ConfigProblem{Path: path, Message: message, Remedy: remedy})
	}
	if _, port, err := net.SplitHostPort(s.Listen); err != nil || port == "" {
		report("is no address", "write host:port, such as 127.0.0.1:8080", "listen")
	}
	if !strings.HasPrefix(s.Endpoint, "/") {
		report("must be a path", "write one that starts with '/', such as /orders", "endpoint")
	}
	if len(s.Methods) == 0 {
		report("is empty", "name at least one method", "methods")
	}
	for i, method := range s.Methods {
		if method == "" || strings.ToUpper(method) != method {
			report("is no HTTP method", "write it in capitals, such as POST", "methods", strconv.Itoa(i))
		}
	}
	var err error
	if s.maxBody, err = parseSize(s.MaxBodySize); err != nil || s.maxBody > largestBody {
		report("is no size", "write bytes, or a number with Ki, Mi or Gi, at most 1Gi", "maxBodySize")
	}
	if s.TLS != nil && (s.TLS.Certificate == "" || s.TLS.Key == "") {
		report("is incomplete", "name both 'certificate' and 'key', PEM files", "tls")
	}
	if s.Signature != nil {
		tolerance := 5 * time.Minute
		if s.Signature.Tolerance != "" {
			if tolerance, err = time.ParseDuration(s.Signature.Tolerance); err != nil {
				report("is no duration", "write one such as 5m", "signature", "tolerance")
			}
		}
		if s.verifier, err = newVerifier(s.Signature.Scheme, s.Signature.Secret, tolerance); err != nil {
			report(err.Error(), "", "signature")
		}
	}
	return s, problems
}

// parseSize reads 4096, "4096", "4Ki", "1Mi", "1Gi".
func parseSize(value interface{}) (int64, error) {
	text := ""
	switch value := value.(type) {
	case string:
		text = value
	case float64:
		text = strconv.FormatFloat(value, 'f', -1, 64)
	}
	shift := 0
	for i, unit := range []string{"Ki", "Mi", "Gi"} {
		if number := strings.TrimSuffix(text, unit); number != text {
			text, shift = number, 10*(i+1)
		}
	}
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil || number < 0 {
		return 0, fmt.Errorf("no size")
	}
	return number << shift, nil
}
