-- Take outreach out of a queued delivery; one that is left empty is dropped with the reason.
-- KEYS: delivery, due, open delivery, aud. ARGV: reason, now, audit entry, then outreach ids. Returns 1 or 0.
local held = redis.call('HMGET', KEYS[1], 'state', 'id', 'recipient')
if held[1] ~= 'queued' then return 0 end
for i = 4, #ARGV do
  if redis.call('HEXISTS', KEYS[1], 'o:' .. ARGV[i]) == 1 then
    redis.call('HSETNX', KEYS[1], 'w:' .. ARGV[i], ARGV[1])
  end
end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', 100000, '*', 'delivery', held[2], 'entry', ARGV[3])
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'o:' and redis.call('HEXISTS', KEYS[1], 'w:' .. string.sub(field, 3)) == 0 then
    return 1
  end
end
redis.call('HSET', KEYS[1], 'state', 'dropped', 'settled', ARGV[2], 'reason', ARGV[1])
redis.call('EXPIRE', KEYS[1], 90 * 86400)
redis.call('ZREM', KEYS[2], held[3] .. ' ' .. held[2])
if redis.call('GET', KEYS[3]) == held[2] then redis.call('DEL', KEYS[3]) end
return 1
