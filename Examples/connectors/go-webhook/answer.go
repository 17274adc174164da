package main

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	connector "github.com/ropewalk/ropewalk/SDKs/go"
)

// answer tells a request's sender what became of the message.
func answer(w http.ResponseWriter, id string, receipt connector.Receipt) {
	switch receipt.Outcome {
	case connector.Accepted:
		write(w, http.StatusAccepted, map[string]interface{}{"id": id})
	case connector.Duplicate:
		write(w, http.StatusAccepted, map[string]interface{}{"id": id, "duplicate": true})
	case connector.Full:
		refuse(w, http.StatusTooManyRequests, "webhook.full", receipt.Reason, receipt.RetryAfter)
	case connector.Invalid:
		refuse(w, http.StatusBadRequest, "webhook.invalid", receipt.Reason, 0)
	default:
		refuse(w, http.StatusServiceUnavailable, "webhook.unavailable", receipt.Reason, receipt.RetryAfter)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string, retryAfter time.Duration) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		seconds := math.Max(1, math.Ceil(retryAfter.Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	write(w, status, map[string]interface{}{"error": code, "message": message})
}

func write(w http.ResponseWriter, status int, body map[string]interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
