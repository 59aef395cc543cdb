-- Replace a field of a hash, or drop it for an empty one, if it still is what was read.
-- KEYS: hash. ARGV: field, before, after. Returns 1, or 0 when somebody else was faster.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
