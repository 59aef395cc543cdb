-- Turn the organisation's switch. KEYS: org, aud. ARGV: expected revision, state, audit entry.
-- Returns 1, or 0 when somebody else turned it meanwhile.
local held = redis.call('HGET', KEYS[1], 'rev') or '0'
-- The same turn again, because its answer was lost, is done already.
if tonumber(held) == tonumber(ARGV[1]) + 1 and redis.call('HGET', KEYS[1], 'doc') == ARGV[2] then return 1 end
if held ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'rev', tonumber(held) + 1, 'doc', ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 100000, '*', 'entry', ARGV[3])
return 1
