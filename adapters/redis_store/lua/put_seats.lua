-- Write the seats of one source in one pilot; what is said later replaces what overlaps it.
-- KEYS: seats (hash), dirty (zset), writes (counter), cleared (zset).
-- ARGV: pilot, source (2 bytes), day on which these are all seats ('' where they are not), seats (actor, since, until).
-- Days are two bytes since 1970: 0 is from the beginning, 65535 for ever. Returns new, changed, unchanged.
local pilot, source, on, blob = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local EVER, sub = 65535, string.sub
local new, changed, same = 0, 0, 0
local from = EVER

local function spans_of(text)
  local spans = {}
  for i = 1, #(text or ''), 4 do
    local since, till = struct.unpack('>I2I2', text, i)
    spans[#spans + 1] = {since, till}
  end
  return spans
end

local function text_of(spans)
  table.sort(spans, function(a, b) return a[1] < b[1] end)
  local parts = {}
  for i, span in ipairs(spans) do parts[i] = struct.pack('>I2I2', span[1], span[2]) end
  return table.concat(parts)
end

-- The first day on which two lists of spans differ.
local function note(before, after)
  local turns = {}
  for _, span in ipairs(before) do turns[span[1]] = 1; turns[span[2]] = 1 end
  for _, span in ipairs(after) do
    for k = 1, 2 do turns[span[k]] = (turns[span[k]] or 0) + 2 end
  end
  for day, where in pairs(turns) do
    if where ~= 3 and day < from then from = day end
  end
end

local last = redis.call('HGET', KEYS[1], source)
last = last and struct.unpack('>I2', last)
local is_newest = on and (not last or on >= last)
local given = {}
for at = 1, #blob, 14 do
  local field = sub(blob, at, at + 9) .. source
  local since, till = struct.unpack('>I2I2', blob, at + 10)
  local held = redis.call('HGET', KEYS[1], field)
  local before, after, open = spans_of(held), {}, nil
  given[field] = true
  if on then
    for _, span in ipairs(before) do
      if span[1] <= on and span[2] > on then open = span end
    end
    if since == 0 and last then since = open and open[1] or on end
    if not is_newest and till == EVER then till = open and open[2] or last end
  end
  for _, span in ipairs(before) do
    if span[1] >= till or span[2] <= since then after[#after + 1] = span end
  end
  if since < till then after[#after + 1] = {since, till} end
  local fresh = text_of(after)
  if fresh == (held or '') then
    same = same + 1
  else
    if held then changed = changed + 1 else new = new + 1 end
    note(before, after)
    if fresh == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, fresh) end
  end
end

if is_newest then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local field = all[i]
    if #field == 12 and sub(field, 11, 12) == source and not given[field] then
      local before, after = spans_of(all[i + 1]), {}
      for _, span in ipairs(before) do
        if span[1] < on or span[1] > on then after[#after + 1] = {span[1], span[1] < on and math.min(span[2], on) or span[2]} end
      end
      local fresh = text_of(after)
      if fresh ~= all[i + 1] then
        changed = changed + 1
        note(before, after)
        if fresh == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, fresh) end
      end
    end
  end
  redis.call('HSET', KEYS[1], source, struct.pack('>I2', on))
end

if from < EVER then
  redis.call('ZADD', KEYS[4], 'NX', 0, pilot)
  local known = redis.call('HGET', KEYS[1], 'from')
  if not known or from < tonumber(known) then redis.call('HSET', KEYS[1], 'from', from) end
  redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), pilot .. ':seats')
end
return {new, changed, same}
