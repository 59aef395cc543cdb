-- Move a case by compare-and-set. KEYS: case, past, pend, aud, opened.
-- ARGV: expected revision, ordinal, document, pilot number, audit entry, id of the pilot, whether the case is open
-- (1 or 0), then pairs of outreach id and document.
-- Returns the new revision, or -1 when somebody else was faster.
local revision = tonumber(redis.call('HGET', KEYS[1], 'rev') or '0')
-- The same write again, because its answer was lost, is done already.
if revision == tonumber(ARGV[1]) + 1 and redis.call('HGET', KEYS[1], 'doc') == ARGV[3] then return revision end
if revision ~= tonumber(ARGV[1]) then return -1 end
local ordinal = redis.call('HGET', KEYS[1], 'ordinal')
if ordinal and tonumber(ordinal) < tonumber(ARGV[2]) then
  redis.call('RPUSH', KEYS[2], redis.call('HGET', KEYS[1], 'doc'))
end
redis.call('HSET', KEYS[1], 'rev', revision + 1, 'ordinal', ARGV[2], 'doc', ARGV[3])
redis.call(ARGV[7] == '1' and 'SADD' or 'SREM', KEYS[5], ARGV[6])
for i = 8, #ARGV, 2 do
  redis.call('HSET', KEYS[1], 'o:' .. ARGV[i], ARGV[i + 1])
end
if #ARGV > 7 then redis.call('SADD', KEYS[3], ARGV[4]) end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', 100000, '*', 'pilot', ARGV[4], 'entry', ARGV[5])
return revision + 1
