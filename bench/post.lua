-- wrk posts each body of a file in turn; bodies are separated by an empty line. At the end it prints its result as JSON.
-- Arguments after `--`: the file, the value of the header Authorization.
local requests, turn = {}, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json", ["Authorization"] = args[2] }
  for body in io.open(args[1]):read("*a"):gmatch("(.-)\n\n") do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, all)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "timed_out": %d, "p50": %d, "p99": %d}',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
