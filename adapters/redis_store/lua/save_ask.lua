-- Move an Ask by compare-and-set. KEYS: ask, past, aud. ARGV: expected revision, ordinal, document, audit entry.
-- Returns the new revision, or -1 when somebody else was faster. What nobody touches for a year and a half expires.
local revision = tonumber(redis.call('HGET', KEYS[1], 'rev') or '0')
-- The same write again, because its answer was lost, is done already.
if revision == tonumber(ARGV[1]) + 1 and redis.call('HGET', KEYS[1], 'doc') == ARGV[3] then return revision end
if revision ~= tonumber(ARGV[1]) then return -1 end
local ordinal = redis.call('HGET', KEYS[1], 'ordinal')
if ordinal and tonumber(ordinal) < tonumber(ARGV[2]) then
  redis.call('RPUSH', KEYS[2], redis.call('HGET', KEYS[1], 'doc'))
  redis.call('EXPIRE', KEYS[2], 550 * 86400)
end
redis.call('HSET', KEYS[1], 'rev', revision + 1, 'ordinal', ARGV[2], 'doc', ARGV[3])
redis.call('EXPIRE', KEYS[1], 550 * 86400)
redis.call('XADD', KEYS[3], 'MAXLEN', '~', 100000, '*', 'entry', ARGV[4])
return revision + 1
