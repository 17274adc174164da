-- The 111-byte order, of one customer. The percentiles of all answers, refusals among them, go to standard output as JSON.
wrk.method = "POST"
wrk.path = "/"
wrk.body = '{"amount":1500,"customerId":"c-1","customerName":"Acme","lines":[{"qty":2,"price":100},{"qty":13,"price":100}]}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Customer-ID"] = "customer-1"

function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('JSON {"requests":%d,"seconds":%.3f,"failed":%d,"refused":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration / 1e6, failed, summary.errors.status, latency:percentile(50), latency:percentile(99)))
end
