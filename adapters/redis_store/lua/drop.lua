-- Give up a queued, unknown or dead delivery for good.
-- KEYS: delivery, due, open delivery, aud, stuck. ARGV: now, reason, audit entry. Returns 1, or 0 when it is none.
local held = redis.call('HMGET', KEYS[1], 'state', 'id', 'recipient')
if held[1] ~= 'queued' and held[1] ~= 'dead' and held[1] ~= 'unknown' then return 0 end
local member = held[3] .. ' ' .. held[2]
redis.call('HSET', KEYS[1], 'state', 'dropped', 'settled', ARGV[1], 'reason', ARGV[2])
redis.call('EXPIRE', KEYS[1], 90 * 86400)
redis.call('ZREM', KEYS[2], member)
if redis.call('GET', KEYS[3]) == held[2] then redis.call('DEL', KEYS[3]) end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', 100000, '*', 'delivery', held[2], 'entry', ARGV[3])
redis.call('ZREM', KEYS[5], member)
return 1
