-- Put a claimed delivery back after a definite refusal and give its budget back.
-- KEYS: delivery, due, budget, local day, aud. ARGV: token, due, reason, audit entry.
-- Returns 1, or 0 when the claim is somebody else's by now.
local held = redis.call('HMGET', KEYS[1], 'state', 'token', 'id', 'recipient')
if held[2] ~= ARGV[1] or held[1] ~= 'sending' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'queued', 'due', ARGV[2], 'reason', ARGV[3])
redis.call('HDEL', KEYS[1], 'token', 'claimed', 'looked', 'message')
redis.call('ZADD', KEYS[2], ARGV[2], held[4] .. ' ' .. held[3])
redis.call('ZREM', KEYS[3], held[3])
if redis.call('GET', KEYS[4]) == held[3] then redis.call('DEL', KEYS[4]) end
redis.call('XADD', KEYS[5], 'MAXLEN', '~', 100000, '*', 'delivery', held[3], 'entry', ARGV[4])
return 1
