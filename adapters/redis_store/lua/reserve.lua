-- Take a place in a day's ramp; the same member twice counts once. KEYS: quota. ARGV: member, limit. Returns 1 or 0.
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], 8 * 86400)
return 1
