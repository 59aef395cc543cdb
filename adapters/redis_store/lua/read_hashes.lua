-- Read fields of hashes of one shard. KEYS: hashes. ARGV: names of fields.
-- Returns for each hash the values of its fields; missing ones are nil.
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('HMGET', key, unpack(ARGV))
end
return found
