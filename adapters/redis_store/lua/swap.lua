-- Replace a field of a hash if it still is what was read. KEYS: hash. ARGV: field, before ('' for none), after.
-- Returns 1, or 0 when somebody else was faster.
local held = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if held == ARGV[3] then return 1 end
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
