-- Store the folds of pilots of one shard, each only if nothing changed since it was read.
-- KEYS: dirty (zset), folded (hash), touched (zset), touches (counter), several (set), cleared (zset).
-- ARGV: stems of the keys of users, bits, roll and seats, seconds for which users live, then a piece for each pilot: its
-- number, how many sources feed it, its state as read and now, dirty members (day, 65535 for its seats; score), then
-- writes: 0 users, 1 bits, 2 rows; epoch, offset, seconds to live (0 to keep them; of rows how long their block becomes
-- first, 0 where it is that long), bytes. Returns 1 for each stored one, else 0.
local take, sub = struct.unpack, string.sub
local pilots, members, told = {}, {}, {}
for i = 6, #ARGV do
  local piece = ARGV[i]
  local pilot, feeds, before, after, count, at = take('>I4I2I2I2I2', piece)
  local seats, first = false, #members + 1
  local scores = {}
  told[i] = {sub(piece, at, at + before - 1), sub(piece, at + before, at + before + after - 1)}
  at = at + before + after
  for k = 1, count do
    local day
    day, scores[k], at = take('>I2d', piece, at)
    seats = seats or day == 65535
    members[#members + 1] = pilot .. ':' .. (day == 65535 and 'seats' or day)
  end
  pilots[#pilots + 1] = pilot
  told[i][3], told[i][4], told[i][5], told[i][6], told[i][7] = feeds, seats, first, scores, at
end
local states = redis.call('HMGET', KEYS[2], unpack(pilots))
local scores = {}
for i = 1, #members, 4000 do
  local last = math.min(i + 3999, #members)
  for k, score in ipairs(redis.call('ZMSCORE', KEYS[1], unpack(members, i, last))) do scores[i + k - 1] = score end
end
local done, fresh, folded, touched, several = {}, {}, {}, {}, {}
for n, pilot in ipairs(pilots) do
  local piece = ARGV[5 + n]
  local before, after, feeds, seats, start, wanted, at = unpack(told[5 + n])
  local same = (states[n] or '') == before
  for k, score in ipairs(wanted) do
    local now = scores[start + k - 1]
    same = same and now and tonumber(now) == score
  end
  done[n] = same and 1 or 0
  if same then
    if at <= #piece then touched[#touched + 1] = pilot end
    while at <= #piece do
      local kind, epoch, offset, life, size
      kind, epoch, offset, life, size, at = take('>BI2I4I4I4', piece, at)
      local body = sub(piece, at, at + size - 1)
      at = at + size
      -- A string that is set is as long as its text; one that grows takes up to twice as much.
      if kind == 0 then
        local key = ARGV[1] .. pilot
        if offset > 0 then body = sub(redis.call('GET', key) or '', 1, offset) .. body end
        redis.call('SET', key, body, 'EX', ARGV[5])
      elseif kind == 1 then
        local key = ARGV[2] .. pilot .. ':' .. epoch
        if life > 0 then
          redis.call('SET', key, body, 'EX', life)
          redis.call('EXPIRE', ARGV[1] .. pilot, ARGV[5]) -- whoever uses it longer than that has bits in a new epoch
        else
          redis.call('SET', key, body, 'KEEPTTL')
        end
      else
        local key = ARGV[3] .. epoch
        if life > 0 then
          local held = redis.call('GET', key) or ''
          if #held < life then redis.call('SET', key, held .. string.rep('\0', life - #held)) end
        end
        redis.call('SETRANGE', key, offset, body)
      end
    end
    fresh[#fresh + 1] = pilot
    fresh[#fresh + 1] = after
    if seats then redis.call('HDEL', ARGV[4] .. pilot, 'from') end
    if feeds > 1 then several[#several + 1] = pilot end
    for k = 1, #wanted do folded[#folded + 1] = members[start + k - 1] end
  end
end
if #fresh > 0 then redis.call('HSET', KEYS[2], unpack(fresh)) end
if #several > 0 then redis.call('SADD', KEYS[5], unpack(several)) end
for i = 1, #folded, 4000 do redis.call('ZREM', KEYS[1], unpack(folded, i, math.min(i + 3999, #folded))) end
for _, pilot in ipairs(touched) do redis.call('ZADD', KEYS[6], 'NX', 0, pilot) end
if #touched > 0 then
  local mark = redis.call('INCR', KEYS[4])
  for _, pilot in ipairs(touched) do redis.call('ZADD', KEYS[3], mark, pilot) end
end
return done
