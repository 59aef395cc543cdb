-- Let the next fold look at the seats of a pilot again. KEYS: seats (hash), dirty (zset), writes (counter).
-- ARGV: pilot, first day that changed.
local known = redis.call('HGET', KEYS[1], 'from')
if not known or tonumber(ARGV[2]) < tonumber(known) then redis.call('HSET', KEYS[1], 'from', ARGV[2]) end
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), ARGV[1] .. ':seats')
return 1
