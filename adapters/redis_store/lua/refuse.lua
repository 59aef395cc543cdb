-- Write rejects. KEYS: rejects. ARGV: 1 to leave out entries that have any already, most rejects kept, seconds kept,
-- then of each reject: moment, stream, entry, place, field, reason. All rejects of an entry come in one call.
local known = {}
if ARGV[1] == '1' then
  for _, held in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do known[held[2][4] .. ' ' .. held[2][6]] = true end
end
for i = 4, #ARGV, 6 do
  if not known[ARGV[i + 1] .. ' ' .. ARGV[i + 2]] then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'at', ARGV[i], 'stream', ARGV[i + 1],
      'entry', ARGV[i + 2], 'place', ARGV[i + 3], 'field', ARGV[i + 4], 'reason', ARGV[i + 5])
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
