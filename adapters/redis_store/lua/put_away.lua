-- Add days on which people are away, and note whose days changed. KEYS: away (hash), changed (hash).
-- ARGV: actor, first and last day (two bytes each, since 1970) in turn. Returns new and unchanged.
local new, same = 0, 0
for i = 1, #ARGV, 2 do
  local held = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  local known = false
  for at = 1, #held, 4 do
    if string.sub(held, at, at + 3) == ARGV[i + 1] then known = true end
  end
  if known then
    same = same + 1
  else
    new = new + 1
    redis.call('HSET', KEYS[1], ARGV[i], held .. ARGV[i + 1])
    local first = struct.unpack('>I2', ARGV[i + 1])
    local earlier = redis.call('HGET', KEYS[2], ARGV[i])
    if not earlier or first < tonumber(earlier) then redis.call('HSET', KEYS[2], ARGV[i], first) end
  end
end
return {new, same}
