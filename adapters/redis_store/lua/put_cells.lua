-- Write cells of pilot-days of one shard; the higher revision wins, else the later write.
-- KEYS: dirty (zset), writes (counter). ARGV: stem of hot keys, stem of roll keys, groups of cells (cells.py).
-- Returns how many cells are new, changed (or gone) and unchanged.
local hot, roll, blob = ARGV[1], ARGV[2], ARGV[3]
local new, changed, same = 0, 0, 0
local sub, byte = string.sub, string.byte
local dirty = {}

local function revision(value)
  local a, b, c, d, e = byte(value, 1, 5)
  return (((a * 256 + b) * 256 + c) * 256 + d) * 256 + e
end

local function slices(command, key, list)
  for i = 1, #list, 4000 do
    redis.call(command, key, unpack(list, i, math.min(i + 3999, #list)))
  end
end

-- Whether the pilot-day was counted before: then its earlier cells have expired.
local function was_folded(pilot, day)
  local at = (math.floor(pilot / 256) * 64 + day % 64) * 24 + 19
  local flags = redis.call('GETRANGE', roll .. math.floor(day / 64), at, at)
  return flags ~= '' and math.floor(byte(flags) / 8) % 2 == 1
end

local at = 1
while at <= #blob do
  local pilot, day, source, ttl, kind, stamp, count
  pilot, day, source, ttl, kind, stamp, count, at = struct.unpack('>I4I2c2I4Bc5I4', blob, at)
  local key, stop = hot .. pilot .. ':' .. day, at + count * 24
  local mark = redis.call('HGET', key, source)
  local marked = mark and revision(mark) or -1
  local stamped = revision(stamp)
  if kind > 0 and stamped < marked then
    same = same + count
  else
    local exists = mark or redis.call('EXISTS', key) == 1
    local fields, values, order = {}, {}, {}
    for i = 1, count do
      local field, value = sub(blob, at, at + 13), sub(blob, at + 14, at + 23)
      if kind > 0 and stamped > revision(value) then value = stamp .. sub(value, 6) end
      local earlier = values[field]
      if not earlier then
        order[#order + 1] = field
        values[field] = value
      elseif revision(value) >= revision(earlier) then
        values[field] = value
      end
      if earlier then same = same + 1 end
      at = at + 24
    end
    local held = {}
    if exists then
      for i = 1, #order, 4000 do
        local last = math.min(i + 3999, #order)
        for k, value in ipairs(redis.call('HMGET', key, unpack(order, i, last))) do held[i + k - 1] = value end
      end
    end
    local writes, moved = {}, false
    for i, field in ipairs(order) do
      local value, old = values[field], held[i]
      if old == value then
        same = same + 1
      elseif old and revision(value) < revision(old) or not old and revision(value) < marked then
        same = same + 1
      else
        if not old then
          new, moved = new + 1, true
        elseif sub(old, 6) == sub(value, 6) then
          same = same + 1
        else
          changed, moved = changed + 1, true
        end
        writes[#writes + 1] = field
        writes[#writes + 1] = value
      end
    end
    if kind > 0 then
      local fresh = stamp .. string.char(kind)
      if fresh ~= mark then
        if not mark or sub(mark, 6) ~= sub(fresh, 6) then moved = true end
        writes[#writes + 1] = source
        writes[#writes + 1] = fresh
      end
      if exists then
        local gone, all = {}, redis.call('HGETALL', key)
        for i = 1, #all, 2 do
          local field = all[i]
          if #field == 14 and sub(field, 11, 12) == source and not values[field] and revision(all[i + 1]) <= stamped then
            gone[#gone + 1] = field
          end
        end
        if #gone > 0 then
          slices('HDEL', key, gone)
          changed, moved = changed + #gone, true
        end
      end
    end
    if not exists and #writes > 0 and was_folded(pilot, day) then
      writes[#writes + 1] = 'a'
      writes[#writes + 1] = '1'
    end
    if #writes > 0 then slices('HSET', key, writes) end
    redis.call('EXPIRE', key, ttl)
    if moved then dirty[#dirty + 1] = pilot .. ':' .. day end
  end
  at = stop
end

if #dirty > 0 then
  local score, members = redis.call('INCR', KEYS[2]), {}
  for _, member in ipairs(dirty) do
    members[#members + 1] = score
    members[#members + 1] = member
  end
  slices('ZADD', KEYS[1], members)
end
return {new, changed, same}
