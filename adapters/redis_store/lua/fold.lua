-- Store the folds of pilots of one shard, each only if nothing changed since it was read.
-- KEYS: dirty (zset), folded (hash), touched (zset), touches (counter), several (set).
-- ARGV: stems of the keys of users, bits, roll and seats, then for each pilot its number, its state as read and now,
-- and a piece: how many sources feed it, dirty members (day, 65535 for its seats; score), then writes (0 users,
-- 1 bits, 2 rows; epoch, offset, seconds to live or 0 where that is known, bytes). Returns 1 for each stored one, else 0.
local call, take = redis.call, struct.unpack
local pilots, members, first = {}, {}, {}
for i = 5, #ARGV, 4 do
  local pilot, piece = ARGV[i], ARGV[i + 3]
  pilots[#pilots + 1] = pilot
  local _, count, at = take('>I2I2', piece)
  first[#pilots] = {#members + 1, count, at}
  for _ = 1, count do
    local day
    day, _, at = take('>I2d', piece, at)
    members[#members + 1] = pilot .. ':' .. (day == 65535 and 'seats' or day)
  end
end
local states = call('HMGET', KEYS[2], unpack(pilots))
local scores = {}
for i = 1, #members, 4000 do
  local last = math.min(i + 3999, #members)
  for k, score in ipairs(call('ZMSCORE', KEYS[1], unpack(members, i, last))) do scores[i + k - 1] = score end
end
local done, fresh, folded, touched, several = {}, {}, {}, {}, {}
for n, pilot in ipairs(pilots) do
  local i = 1 + 4 * n
  local piece, start, count, at = ARGV[i + 3], first[n][1], first[n][2], first[n][3]
  local same, seats = (states[n] or '') == ARGV[i + 1], false
  for k = start, start + count - 1 do
    local day, score
    day, score, at = take('>I2d', piece, at)
    seats = seats or day == 65535
    same = same and scores[k] and tonumber(scores[k]) == score
  end
  done[n] = same and 1 or 0
  if same then
    if at <= #piece then touched[#touched + 1] = pilot end
    while at <= #piece do
      local kind, epoch, offset, life, size
      kind, epoch, offset, life, size, at = take('>BI2I4I4I4', piece, at)
      local key = ARGV[3] .. epoch
      if kind == 0 then key = ARGV[1] .. pilot elseif kind == 1 then key = ARGV[2] .. pilot .. ':' .. epoch end
      call('SETRANGE', key, offset, string.sub(piece, at, at + size - 1))
      if life > 0 then call('EXPIRE', key, life) end
      at = at + size
    end
    fresh[#fresh + 1] = pilot
    fresh[#fresh + 1] = ARGV[i + 2]
    if seats then call('HDEL', ARGV[4] .. pilot, 'from') end
    if take('>I2', piece) > 1 then several[#several + 1] = pilot end
    for k = start, start + count - 1 do folded[#folded + 1] = members[k] end
  end
end
if #fresh > 0 then call('HSET', KEYS[2], unpack(fresh)) end
if #several > 0 then call('SADD', KEYS[5], unpack(several)) end
for i = 1, #folded, 4000 do call('ZREM', KEYS[1], unpack(folded, i, math.min(i + 3999, #folded))) end
if #touched > 0 then
  local mark = call('INCR', KEYS[4])
  for _, pilot in ipairs(touched) do call('ZADD', KEYS[3], mark, pilot) end
end
return done
