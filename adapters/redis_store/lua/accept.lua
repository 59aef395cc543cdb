-- Put outreach into a queued delivery of its recipient, or open one; known outreach changes nothing.
-- KEYS: map of the outreach, open delivery, deliveries, due, aud.
-- ARGV: stem of delivery keys, id of a new delivery, outreach id, outreach, recipient, now, due, audit entry.
-- Returns the id of the delivery that holds it.
local known = redis.call('GET', KEYS[1])
if known then return known end
local open = redis.call('GET', KEYS[2])
if not open or redis.call('HGET', ARGV[1] .. open, 'state') ~= 'queued' then
  open = ARGV[2]
  redis.call('HSET', ARGV[1] .. open, 'id', open, 'recipient', ARGV[5], 'state', 'queued', 'attempt', 0,
    'made', ARGV[6], 'due', ARGV[7])
  redis.call('SET', KEYS[2], open)
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', tonumber(ARGV[6]) - 180 * 86400000)
  redis.call('ZADD', KEYS[3], ARGV[6], ARGV[5] .. ' ' .. open)
  redis.call('ZADD', KEYS[4], ARGV[7], ARGV[5] .. ' ' .. open)
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', 100000, '*', 'delivery', open, 'entry', ARGV[8])
end
redis.call('HSET', ARGV[1] .. open, 'o:' .. ARGV[3], ARGV[4])
redis.call('SET', KEYS[1], open)
return open
