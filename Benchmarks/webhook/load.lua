-- The 111-byte order, for CUSTOMERS customers in turn. The answers' percentiles go to standard output as JSON.
local customers = tonumber(os.getenv("CUSTOMERS") or "1")
local body = '{"amount":1500,"customerId":"c-1","customerName":"Acme","lines":[{"qty":2,"price":100},{"qty":13,"price":100}]}'
local prepared = {}
local turn = 0

function init(args)
  for index = 1, customers do
    prepared[index] = wrk.format("POST", "/", {
      ["Content-Type"] = "application/json",
      ["X-Customer-ID"] = "customer-" .. index,
    }, body)
  end
end

function request()
  turn = turn % customers + 1
  return prepared[turn]
end

function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status
  io.write(string.format('JSON {"requests":%d,"seconds":%.3f,"failed":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50), latency:percentile(99)))
end
