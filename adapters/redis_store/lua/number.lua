-- Give names dense numbers that are never reused. KEYS: hash. ARGV: names. Returns their numbers.
local numbers = {}
for i, name in ipairs(ARGV) do
  local known = redis.call('HGET', KEYS[1], name)
  if not known then
    known = redis.call('HLEN', KEYS[1])
    redis.call('HSET', KEYS[1], name, known)
  end
  numbers[i] = tonumber(known)
end
return numbers
