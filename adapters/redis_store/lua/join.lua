-- Let ids stand for the first of their list. KEYS: aliases. ARGV: for each list its length, then its keyed ids.
-- What an id stands for is followed to its end before two ends are joined, so that there are no circles.
-- Returns how many ids stand for another one that did not before.
local function end_of(id)
  local at = redis.call('HGET', KEYS[1], id)
  while at do
    id = at
    at = redis.call('HGET', KEYS[1], id)
  end
  return id
end
local fresh, i = 0, 1
while i <= #ARGV do
  local count = tonumber(ARGV[i])
  local first = end_of(ARGV[i + 1])
  for k = i + 2, i + count do
    local last = end_of(ARGV[k])
    if last ~= first then
      redis.call('HSET', KEYS[1], last, first)
      fresh = fresh + 1
    end
  end
  i = i + count + 1
end
return fresh
