-- Move the time of a queued delivery. KEYS: delivery, due. ARGV: due. Returns 1 or 0.
local held = redis.call('HMGET', KEYS[1], 'state', 'id', 'recipient')
if held[1] ~= 'queued' then return 0 end
redis.call('HSET', KEYS[1], 'due', ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[1], held[3] .. ' ' .. held[2])
return 1
