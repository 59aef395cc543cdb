-- Read what a fold of some pilots of one shard rests on.
-- KEYS: folded (hash). ARGV: stems of the keys of users, bits, seats, roll and hot; first and last epoch of bits; first
-- and last epoch of rows; days of each pilot, as numbers of two bytes; then the pilots. Returns the states of all
-- pilots, then for each a list: users and bits by epoch, fields and values of its seats, rows by epoch, then fields and
-- values of the cells of each day.
local users, bits, seats, roll, hot = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local b1, b2, r1, r2 = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local call, wanted, at = redis.call, ARGV[10], 1
local pilots = {unpack(ARGV, 11)}
local found = {call('HMGET', KEYS[1], unpack(pilots))}
for _, pilot in ipairs(pilots) do
  local keys = {users .. pilot}
  for epoch = b1, b2 do keys[#keys + 1] = bits .. pilot .. ':' .. epoch end
  local parts = {call('MGET', unpack(keys)), call('HGETALL', seats .. pilot)}
  local offset = math.floor(tonumber(pilot) / 256) * 1536
  for epoch = r1, r2 do parts[#parts + 1] = call('GETRANGE', roll .. epoch, offset, offset + 1535) end
  local count, day
  count, at = struct.unpack('>I2', wanted, at)
  for _ = 1, count do
    day, at = struct.unpack('>I2', wanted, at)
    parts[#parts + 1] = call('HGETALL', hot .. pilot .. ':' .. day)
  end
  found[#found + 1] = parts
end
return found
