-- Hold a turn that waits. KEYS: turn, turns. ARGV: member, now, until when it is held.
-- Returns how often it was held so far, this time included, or 0 when it waits no more or somebody else has it.
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not due or tonumber(due) > tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'held', 1)
