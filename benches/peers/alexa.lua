-- wrk script: a mix of launch, search, tracking and help, each with a request id of its own: 500 conversations at once, of 16
-- turns each.
local n = 0
local queries = { "almond milk", "headphones", "running shoes", "green tea", "dog food", "coffee beans", "paper towels", "olive oil" }

local function envelope(id, conversation, turn, request)
  return string.format(
    '{"version":"1.0","session":{"new":%s,"sessionId":"bench.%s.%d","application":{"applicationId":"amzn1.ask.skill.bench"},"user":{"userId":"amzn1.ask.account.BENCH"}},"context":{"System":{"application":{"applicationId":"amzn1.ask.skill.bench"},"user":{"userId":"amzn1.ask.account.BENCH"},"device":{"deviceId":"bench","supportedInterfaces":{}},"apiEndpoint":"https://api.amazonalexa.com"}},"request":%s}',
    turn == 0 and "true" or "false", tag, conversation, string.format(request, id, os.date("!%Y-%m-%dT%H:%M:%SZ")))
end

local launch = '{"type":"LaunchRequest","requestId":"amzn1.echo-api.request.%s","timestamp":"%s","locale":"en-US"}'
local function intent(name, slots)
  return '{"type":"IntentRequest","requestId":"amzn1.echo-api.request.%s","timestamp":"%s","locale":"en-US","dialogState":"COMPLETED","intent":{"name":"' .. name .. '","confirmationStatus":"NONE","slots":' .. slots .. '}}'
end

request = function()
  n = n + 1
  local kind, body = n % 8, nil
  if kind == 0 then body = launch
  elseif kind == 1 then body = intent("AMAZON.HelpIntent", "{}")
  elseif kind <= 4 then body = intent("TrackOrderIntent", '{"OrderNumber":{"name":"OrderNumber","value":"40119","confirmationStatus":"NONE"}}')
  else
    local q = queries[n % #queries + 1]
    body = intent("SearchProductIntent", '{"Query":{"name":"Query","value":"' .. q .. '","confirmationStatus":"NONE"}}')
  end
  local id = string.format("%s-%d", tag, n)
  return wrk.format("POST", "/alexa", { ["Content-Type"] = "application/json;charset=UTF-8" }, envelope(id, math.floor(n / 8000) * 500 + n % 500, math.floor(n % 8000 / 500), body))
end

init = function(args) tag = args[1] or "t" end

-- No response function: wrk counts answers of 400 and above by itself, and to read every answer in Lua costs it more than to send one.
done = function(summary, latency, requests)
  io.write(string.format("FIGURES %.1f %.3f %.3f %d\n", summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
