-- Hand out the next entries of a stream, in order and to one reader at a time.
-- KEYS: stream. ARGV: group, reader, milliseconds a reader has, most entries, bytes after which no more is read,
-- most bytes of one entry.
-- Returns fresh, again or busy; and the entries, each as its bytes, how many names and contents follow (none where
-- it is too large), its id and these, each behind its length.
local key, group, reader, most, largest = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[6])
local state, count, total, packed = 'fresh', 0, 0, {}
local function add(text)
  packed[#packed + 1] = struct.pack('>I4', #text)
  packed[#packed + 1] = text
end
local function give(entry)
  local size, parts = 0, entry[2]
  for _, part in ipairs(parts) do size = size + #part end
  if size > largest then parts = {} end
  packed[#packed + 1] = struct.pack('>I4I4', size, #parts)
  add(entry[1])
  for _, part in ipairs(parts) do add(part) end
  count, total = count + 1, total + math.min(size, largest)
end
if redis.call('EXISTS', key) == 0 then return {state, ''} end
local held = redis.pcall('XPENDING', key, group, '-', '+', most)
if held.err then
  redis.call('XGROUP', 'CREATE', key, group, '0')
  held = {}
end
-- The first one is in hand, or nobody's: entries are taken in and deleted in their order.
if #held > 0 and held[1][3] < tonumber(ARGV[3]) then return {'busy', ''} end
for _, one in ipairs(held) do
  if total >= tonumber(ARGV[5]) then break end
  local found = redis.call('XRANGE', key, one[1], one[1])
  if #found == 0 then
    redis.call('XACK', key, group, one[1])
  else
    redis.call('XCLAIM', key, group, reader, 0, one[1], 'JUSTID')
    state = 'again'
    give(found[1])
  end
end
-- Sixteen at a time is much quicker than one, and bounds what may be too many bytes.
while state == 'fresh' and count < most and total < tonumber(ARGV[5]) do
  local next = math.min(16, most - count)
  local found = redis.call('XREADGROUP', 'GROUP', group, reader, 'COUNT', next, 'STREAMS', key, '>')
  if not found or #found == 0 then break end
  for _, entry in ipairs(found[1][2]) do give(entry) end
end
return {state, table.concat(packed)}
