-- Claim the business key of a reply and store the reply. KEYS: reply, inbox. ARGV: reply, member, moment, seconds kept.
-- Returns 1, or 0 when the key is known.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'doc', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
return 1
