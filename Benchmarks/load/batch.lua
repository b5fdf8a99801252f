-- As publish.lua, with 1,000 messages of 128 bytes in each request, one on a line.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "publish.lua")
local line = '{"topic":"bench/0","qos":1,"payload":"' .. string.rep("x", 128) .. '"}\n'
wrk.body = string.rep(line, 1000)
wrk.headers["Content-Type"] = "application/x-ndjson"
