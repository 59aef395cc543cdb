-- Follow aliases to what they stand for. KEYS: aliases. ARGV: keyed ids. Returns what they stand for, side by side.
local ends = {}
for i, id in ipairs(ARGV) do
  local at = id
  repeat
    id = at
    at = redis.call('HGET', KEYS[1], id)
  until not at
  ends[i] = id
end
return table.concat(ends)
