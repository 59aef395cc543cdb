-- KEYS: pilots of the shard that changed (zset). ARGV: number, mark, number, mark ...
for place = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[place]) == ARGV[place + 1] then
    redis.call('ZREM', KEYS[1], ARGV[place])
  end
end
return 0
