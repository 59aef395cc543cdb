-- Write rows of pilots of one shard that differ from what is stored, and note those pilots. What was counted from
-- people stays: their exact figures outrank the totals of a source. KEYS: touched (zset), touches (counter).
-- ARGV: stem of roll keys, how long a block is, then runs of days side by side: pilot, epoch, offset, length, rows.
-- Returns how many rows are new, changed and unchanged.
local stem, whole, blob, at = ARGV[1], tonumber(ARGV[2]), ARGV[3], 1
local new, changed, same, touched = 0, 0, 0, {}
local sub, byte = string.sub, string.byte
while at <= #blob do
  local pilot, epoch, offset, size
  pilot, epoch, offset, size, at = struct.unpack('>I4I2I4I4', blob, at)
  local key, fresh = stem .. epoch, sub(blob, at, at + size - 1)
  at = at + size
  local old = redis.call('GETRANGE', key, offset, offset + size - 1)
  if old == fresh then
    same = same + size / 24
  else
    if #old < size then
      -- A string that is set is as long as its text; one that grows takes up to twice as much.
      old = old .. string.rep('\0', size - #old)
      local held = redis.call('GET', key) or ''
      if #held < whole then redis.call('SET', key, held .. string.rep('\0', whole - #held)) end
    end
    local rows, moved = {}, false
    for i = 1, size, 24 do
      local before, after = sub(old, i, i + 23), sub(fresh, i, i + 23)
      local flags = byte(before, 20)
      if before == after or flags % 2 == 1 and math.floor(flags / 8) % 2 == 1 then
        same, after = same + 1, before
      elseif flags % 2 == 0 then
        new, moved = new + 1, true
      else
        changed, moved = changed + 1, true
      end
      rows[#rows + 1] = after
    end
    if moved then
      redis.call('SETRANGE', key, offset, table.concat(rows))
      touched[pilot] = true
    end
  end
end
if next(touched) then
  local mark = redis.call('INCR', KEYS[2])
  for pilot in pairs(touched) do redis.call('ZADD', KEYS[1], mark, pilot) end
end
return {new, changed, same}
