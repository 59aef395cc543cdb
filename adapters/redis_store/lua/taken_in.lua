-- Acknowledge and delete entries that were taken in. KEYS: stream. ARGV: group, then ids. Returns how many there were.
redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
return redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
