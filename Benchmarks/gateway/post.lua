-- One small chat completion after another, each with the next key in the list.
-- Prints its counts as one line of JSON, because wrk's own summary rounds them.

local requests = {}
local turn = 0

function init(arguments)
    local file = assert(io.open(arguments[1]))
    local body = assert(file:read("*l"))
    for key in file:lines() do
        requests[#requests + 1] = wrk.format("POST", nil, {
            ["Authorization"] = "Bearer " .. key,
            ["Content-Type"] = "application/json",
        }, body)
    end
    file:close()
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests":%d,"microseconds":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,' ..
            '"status_errors":%d,"socket_errors":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        latency.max, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
