package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

func TestSettings(t *testing.T) {
	for text, want := range map[string]int{
		`{"endpoint": "/x"}`: 0, `{}`: 1, `{"endpoint": "x", "methods": ["post"], "maxBodySize": "1TB", "listen": "8080"}`: 4,
		`{"endpoint": "/x", "what": 1}`: 1, `{"endpoint": "/x", "maxBodySize": 4096, "tls": {"key": "a"}}`: 1,
		`{"endpoint": "/x", "signature": {"scheme": "standard-webhooks", "secret": "!"}}`: 1,
	} {
		if _, problems := readSettings(configOf(t, text)); len(problems) != want {
			t.Error(text, problems)
		}
	}
	s, _ := readSettings(configOf(t, `{"endpoint": "/x", "maxBodySize": "4Ki"}`))
	if s.maxBody != 4096 {
		t.Error(s.maxBody)
	}
}

func TestAnswersFollowTheReceipt(t *testing.T) {
	for outcome, status := range map[connector.Outcome]int{
		connector.Accepted: 202, connector.Duplicate: 202, connector.Full: 429, connector.Unavailable: 503, connector.Invalid: 400,
	} {
		w := ready(t, `{"endpoint": "/x", "listen": "127.0.0.1:0"}`)
		go func() {
			delivery, err := w.Receive(context.Background())
			if err == nil {
				delivery.Settled(connector.Receipt{Outcome: outcome, RetryAfter: 1500 * time.Millisecond})
			}
		}()
		r := httptest.NewRequest("POST", "/x", strings.NewReader("{}"))
		r.Header.Set("Idempotency-Key", "order-1")
		out := httptest.NewRecorder()
		w.take(out, r)
		if out.Code != status {
			t.Error(outcome, out.Code)
		}
		if after := out.Header().Get("Retry-After"); (after == "2") != (status == 429 || status == 503) {
			t.Error(outcome, "Retry-After", after)
		}
		if status == 202 && !strings.Contains(out.Body.String(), `"id":"order-1"`) {
			t.Error(out.Body)
		}
	}
}

func TestWhatBecomesNoMessage(t *testing.T) {
	w := ready(t, `{"endpoint": "/x", "listen": "127.0.0.1:0", "maxBodySize": 4, "signature": {"scheme": "github", "secret": "s"}}`)
	for _, test := range []struct {
		method, path, body, id string
		status                 int
	}{
		{"POST", "/other", "", "", 404}, {"GET", "/x", "", "", 405}, {"POST", "/x", "12345", "", 413}, {"POST", "/x", "1234", "", 401},
	} {
		out := httptest.NewRecorder()
		w.take(out, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
		if out.Code != test.status {
			t.Error(test, out.Code, out.Body)
		}
	}
}

func TestSignatures(t *testing.T) {
	body, now := []byte("body"), time.Now()
	mac := func(key string, text string) []byte {
		h := hmac.New(sha256.New, []byte(key))
		io.WriteString(h, text)
		return h.Sum(nil)
	}
	github, _ := newVerifier("github", "key", 0)
	header := http.Header{}
	header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac("key", "body")))
	header.Set("X-GitHub-Delivery", "d-1")
	if id, err := github(header, body, now); err != nil || id != "d-1" {
		t.Error(id, err)
	}
	if _, err := github(header, []byte("other"), now); err == nil {
		t.Error("another body passes")
	}
	standard, err := newVerifier("standard-webhooks", "whsec_"+base64.StdEncoding.EncodeToString([]byte("key")), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	header.Set("webhook-id", "w-1")
	header.Set("webhook-timestamp", stamp)
	header.Set("webhook-signature", "v1,AAAA v1,"+base64.StdEncoding.EncodeToString(mac("key", "w-1."+stamp+".body")))
	if id, err := standard(header, body, now); err != nil || id != "w-1" {
		t.Error(id, err)
	}
	if _, err := standard(header, body, now.Add(time.Hour)); err == nil {
		t.Error("an old request passes")
	}
}

func ready(t *testing.T, settings string) *webhook {
	w := &webhook{}
	if err := w.Connect(context.Background(), configOf(t, settings)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Disconnect(context.Background()) })
	return w
}
