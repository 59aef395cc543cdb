-- KEYS: pilots of the shard that changed (zset), sequence of the shard. ARGV: numbers of pilots.
local at = redis.call('INCR', KEYS[2])
for _, number in ipairs(ARGV) do
  redis.call('ZADD', KEYS[1], at, number)
end
return at
