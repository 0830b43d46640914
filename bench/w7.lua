-- The load of W7, for wrk: a chat request of about 950 bytes; PEER_STREAM=1 asks for a stream.
local context = string.rep("Context sentence for the model to read. ", 16)
local stream = os.getenv("PEER_STREAM") == "1" and ',"stream":true' or ""
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer mock"
wrk.body = '{"model":"mock"' .. stream .. ',"temperature":0.2,"max_tokens":256,"messages":[' ..
  '{"role":"system","content":"You are agent a0 of a group chat."},' ..
  '{"role":"user","content":"' .. context .. '"},' ..
  '{"role":"assistant","content":"The quick brown fox jumps over the lazy dog."},' ..
  '{"role":"user","content":"hello, please answer in one paragraph"}]}'
