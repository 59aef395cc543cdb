-- Read everybody of one shard. KEYS: hash of people, set of those who opted out, and the hashes of what they set for
-- themselves, of since when the chat knows them not, and of time zones.
return {
  redis.call('HVALS', KEYS[1]),
  redis.call('SMEMBERS', KEYS[2]),
  redis.call('HGETALL', KEYS[3]),
  redis.call('HGETALL', KEYS[4]),
  redis.call('HGETALL', KEYS[5]),
}
