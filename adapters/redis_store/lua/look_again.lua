-- Note that the chat showed no trace of a claimed send, and when to look once more.
-- KEYS: delivery, due. ARGV: token, now, due. Returns 1, or 0 when the claim is somebody else's by now.
local held = redis.call('HMGET', KEYS[1], 'state', 'token', 'id', 'recipient')
if held[2] ~= ARGV[1] or held[1] ~= 'sending' then return 0 end
redis.call('HSET', KEYS[1], 'looked', ARGV[2], 'due', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[3], held[4] .. ' ' .. held[3])
return 1
