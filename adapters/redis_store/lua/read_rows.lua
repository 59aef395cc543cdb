-- Read the rows of some pilots of one shard. KEYS: blocks of rows by epoch. ARGV: places of the pilots in a block.
-- Returns for each block the rows of these pilots, side by side; missing ones as zeros.
local found = {}
for k, key in ipairs(KEYS) do
  local rows = {}
  for i, slot in ipairs(ARGV) do
    local piece = redis.call('GETRANGE', key, slot * 1536, slot * 1536 + 1535)
    rows[i] = piece .. string.rep('\0', 1536 - #piece)
  end
  found[k] = table.concat(rows)
end
return found
