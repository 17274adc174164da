package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// verifier returns the message id that a signed request carries, empty where the scheme has none, or why the request
// is turned away.
type verifier func(header http.Header, body []byte, now time.Time) (string, error)

func newVerifier(scheme, secret string, tolerance time.Duration) (verifier, error) {
	if secret == "" {
		return nil, errors.New("needs a secret that both sides know")
	}
	switch scheme {
	case "github":
		return github([]byte(secret)), nil
	case "standard-webhooks":
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 {
			return nil, errors.New("has a secret that is not base64; copy it as the sender shows it")
		}
		return standardWebhooks(key, tolerance), nil
	}
	return nil, errors.New("has an unknown scheme; write standard-webhooks or github")
}

func sum(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// github checks X-Hub-Signature-256: sha256=<hexadecimal HMAC of the body>.
func github(key []byte) verifier {
	return func(header http.Header, body []byte, _ time.Time) (string, error) {
		given, err := hex.DecodeString(strings.TrimPrefix(header.Get("X-Hub-Signature-256"), "sha256="))
		if err != nil || !hmac.Equal(given, sum(key, body)) {
			return "", errors.New("the signature does not fit the body; check that both sides have the same secret")
		}
		return header.Get("X-GitHub-Delivery"), nil
	}
}

// standardWebhooks checks the HMAC of <webhook-id>.<webhook-timestamp>.<body>; several signatures may stand there while
// a secret is replaced.
func standardWebhooks(key []byte, tolerance time.Duration) verifier {
	return func(header http.Header, body []byte, now time.Time) (string, error) {
		id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if id == "" || err != nil {
			return "", errors.New("webhook-id or webhook-timestamp is missing; sign the request as Standard Webhooks says")
		}
		if away := now.Sub(time.Unix(seconds, 0)); away > tolerance || away < -tolerance {
			return "", fmt.Errorf("webhook-timestamp is more than %s away from the receiver's clock", tolerance)
		}
		expected := sum(key, []byte(id+"."+stamp+"."), body)
		for _, signature := range strings.Fields(header.Get("webhook-signature")) {
			given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signature, "v1,"))
			if err == nil && hmac.Equal(given, expected) {
				return id, nil
			}
		}
		return "", errors.New("no signature fits the body; check that both sides have the same secret")
	}
}
