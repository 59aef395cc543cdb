-- Read everybody of one shard. KEYS: hash of people, set of those who opted out, and hashes of what is kept apart.
local found = { redis.call('HVALS', KEYS[1]), redis.call('SMEMBERS', KEYS[2]) }
for place = 3, #KEYS do
  found[place] = redis.call('HGETALL', KEYS[place])
end
return found
