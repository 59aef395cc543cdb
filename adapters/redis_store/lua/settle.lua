-- Record how a claimed send ended. KEYS: delivery, due, budget, local day, aud, stuck.
-- ARGV: token, state, now, ref, reason, refund (1 or 0), audit entry.
-- Returns 1, or 0 when the claim is somebody else's by now.
local held = redis.call('HMGET', KEYS[1], 'state', 'token', 'id', 'recipient')
if held[2] ~= ARGV[1] then return 0 end
if held[1] == ARGV[2] then return 1 end
if held[1] ~= 'sending' and held[1] ~= 'unknown' then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'settled', ARGV[3], 'ref', ARGV[4], 'reason', ARGV[5])
redis.call('EXPIRE', KEYS[1], 90 * 86400)
local member = held[4] .. ' ' .. held[3]
redis.call('ZREM', KEYS[2], member)
redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', tonumber(ARGV[3]) - 90 * 86400000)
if ARGV[2] == 'dead' or ARGV[2] == 'unknown' then
  redis.call('ZADD', KEYS[6], ARGV[3], member)
else
  redis.call('ZREM', KEYS[6], member)
end
if ARGV[6] == '1' then
  redis.call('ZREM', KEYS[3], held[3])
  if redis.call('GET', KEYS[4]) == held[3] then redis.call('DEL', KEYS[4]) end
end
redis.call('XADD', KEYS[5], 'MAXLEN', '~', 100000, '*', 'delivery', held[3], 'entry', ARGV[7])
return 1
