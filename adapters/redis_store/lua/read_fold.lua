-- Read what a fold of some pilots of one shard rests on.
-- KEYS: folded (hash). ARGV: stems of the keys of users, bits, seats, roll and hot; first and last epoch of bits; first
-- and last epoch of rows; then pilots: number, how many days, and those days. Returns the states of all pilots, then
-- for each a list: users and bits by epoch, fields and values of its seats, rows by epoch, then fields and values of
-- the cells of each day.
local users, bits, seats, roll, hot = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local b1, b2, r1, r2 = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local wanted, at, pilots, found = ARGV[10], 1, {}, {''}
while at <= #wanted do
  local pilot, count, day
  pilot, count, at = struct.unpack('>I4I2', wanted, at)
  local keys = {users .. pilot}
  for epoch = b1, b2 do keys[#keys + 1] = bits .. pilot .. ':' .. epoch end
  local parts = {redis.call('MGET', unpack(keys)), redis.call('HGETALL', seats .. pilot)}
  local offset = math.floor(pilot / 256) * 1536
  for epoch = r1, r2 do parts[#parts + 1] = redis.call('GETRANGE', roll .. epoch, offset, offset + 1535) end
  for _ = 1, count do
    day, at = struct.unpack('>I2', wanted, at)
    parts[#parts + 1] = redis.call('HGETALL', hot .. pilot .. ':' .. day)
  end
  pilots[#pilots + 1] = pilot
  found[#found + 1] = parts
end
found[1] = redis.call('HMGET', KEYS[1], unpack(pilots))
return found
