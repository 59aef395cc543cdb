-- Copy the organisation's mode; an older revision changes nothing. KEYS: mode. ARGV: revision, mode.
local held = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):'))
if held and held > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
return 1
