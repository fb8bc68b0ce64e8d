-- wrk script: the signed requests of a file, one after the other. Arguments: file, address of the chain.
local requests, n = {}, 0

init = function(args)
  local signature
  for line in io.lines(args[1]) do
    if signature then
      requests[#requests + 1] = wrk.format("POST", "/alexa", {
        ["Content-Type"] = "application/json;charset=UTF-8", ["SignatureCertChainUrl"] = args[2], ["Signature-256"] = signature,
      }, line)
      signature = nil
    else
      signature = line
    end
  end
end

request = function()
  n = n + 1
  return requests[(n - 1) % #requests + 1]
end

-- No response function: wrk counts answers of 400 and above by itself, and to read every answer in Lua costs it more than to send one.
done = function(summary, latency)
  io.write(string.format("FIGURES %.1f %.3f %.3f %d %d\n", summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout, summary.requests))
end
