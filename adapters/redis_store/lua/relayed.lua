-- Forget one pending outreach; the revision stays. KEYS: case, pend. ARGV: outreach id, pilot number.
redis.call('HDEL', KEYS[1], 'o:' .. ARGV[1])
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'o:' then return 0 end
end
redis.call('SREM', KEYS[2], ARGV[2])
return 1
