-- Queue a dead or unknown delivery once more, due at once; what it took of a budget is given back.
-- KEYS: delivery, due, budget, local day, aud, stuck. ARGV: now, audit entry. Returns 1, or 0 when it is neither.
local held = redis.call('HMGET', KEYS[1], 'state', 'id', 'recipient')
if held[1] ~= 'dead' and held[1] ~= 'unknown' then return 0 end
local member = held[3] .. ' ' .. held[2]
redis.call('HSET', KEYS[1], 'state', 'queued', 'due', ARGV[1])
redis.call('HDEL', KEYS[1], 'token', 'claimed', 'looked', 'settled', 'message', 'ref', 'reason')
redis.call('PERSIST', KEYS[1])
redis.call('ZADD', KEYS[2], ARGV[1], member)
redis.call('ZREM', KEYS[3], held[2])
if redis.call('GET', KEYS[4]) == held[2] then redis.call('DEL', KEYS[4]) end
redis.call('XADD', KEYS[5], 'MAXLEN', '~', 100000, '*', 'delivery', held[2], 'entry', ARGV[2])
redis.call('ZREM', KEYS[6], member)
return 1
