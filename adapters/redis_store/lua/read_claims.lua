-- Read what people of one shard got lately. KEYS: budgets (zset). ARGV: moment in ms.
-- Returns for each budget its deliveries after that moment, with their scores.
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('ZRANGEBYSCORE', key, '(' .. ARGV[1], '+inf', 'WITHSCORES')
end
return found
