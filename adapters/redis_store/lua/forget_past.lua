-- Drop spans of access that ended before a day, and what is past as a whole. KEYS: seats (hash), then past keys.
-- ARGV: first kept day, since 1970. Returns how many keys went, then the fields (actor, source) without a span left.
local first, all, gone = tonumber(ARGV[1]), redis.call('HGETALL', KEYS[1]), {0}
for i = 2, #KEYS do gone[1] = gone[1] + redis.call('DEL', KEYS[i]) end
for i = 1, #all, 2 do
  if #all[i] == 12 then
    local kept = {}
    for at = 1, #all[i + 1], 4 do
      local _, till = struct.unpack('>I2I2', all[i + 1], at)
      if till > first then kept[#kept + 1] = string.sub(all[i + 1], at, at + 3) end
    end
    local text = table.concat(kept)
    if text == '' then
      redis.call('HDEL', KEYS[1], all[i])
      gone[#gone + 1] = all[i]
    elseif text ~= all[i + 1] then
      redis.call('HSET', KEYS[1], all[i], text)
    end
  end
end
return gone
