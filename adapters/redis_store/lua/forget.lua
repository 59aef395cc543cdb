-- Store what is kept of the people of a pilot, if nothing was folded since they were read. KEYS: folded (hash), users,
-- then epochs of bits. ARGV: pilot, state as read, state now, people, bits by epoch. Returns how many keys went, or -1
-- when something was folded: then nothing is written.
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return -1 end
local gone = 0
for i = 2, #KEYS do
  if ARGV[i + 2] == '' then
    gone = gone + redis.call('DEL', KEYS[i])
  else
    redis.call('SET', KEYS[i], ARGV[i + 2], 'KEEPTTL')
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return gone
