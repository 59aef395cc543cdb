-- Become the one who sends a delivery: freeze its text and pay from the budget, or say why not.
-- KEYS: delivery, due, budget, local day, mode, open delivery, aud.
-- ARGV: token, now, look-again, opens, closes, per week in all, per week in the role (the letter its deliveries
-- begin with), least gap, message, audit entry, local day, then the outreach it carries.
-- All moments are milliseconds. Returns one word of the port's Claim.
local now, week = tonumber(ARGV[2]), 7 * 86400000
local fields = redis.call('HGETALL', KEYS[1])
local delivery, carried = {}, {}
for i = 1, #fields, 2 do delivery[fields[i]] = fields[i + 1] end
if delivery['state'] == 'sending' and delivery['token'] == ARGV[1] then return 'taken' end
if delivery['state'] ~= 'queued' then return 'not_queued' end
local count = 0
for field in pairs(delivery) do
  if string.sub(field, 1, 2) == 'o:' and not delivery['w:' .. string.sub(field, 3)] then
    carried[string.sub(field, 3)] = true
    count = count + 1
  end
end
if count == 0 or count ~= #ARGV - 11 then return 'not_queued' end
for i = 12, #ARGV do
  if not carried[ARGV[i]] then return 'not_queued' end
end
if string.match(redis.call('GET', KEYS[5]) or '', ':(%a+)$') ~= 'live' then return 'not_live' end
if tonumber(delivery['due']) > now then return 'not_due' end
if now < tonumber(ARGV[4]) or now >= tonumber(ARGV[5]) then return 'outside_hours' end
local id, member = delivery['id'], delivery['recipient'] .. ' ' .. delivery['id']
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - week - 86400000)
if redis.call('ZCOUNT', KEYS[3], '(' .. (now - week), '+inf') >= tonumber(ARGV[6]) then return 'over_budget' end
local role, mine = string.match(id, '^%a%-') or '', 0
for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. (now - week), '+inf')) do
  if (string.match(other, '^%a%-') or '') == role then mine = mine + 1 end
end
if mine >= tonumber(ARGV[7]) then return 'over_budget' end
if redis.call('ZCOUNT', KEYS[3], '(' .. (now - tonumber(ARGV[8])), '+inf') > 0 then return 'over_budget' end
local taken = redis.call('GET', KEYS[4])
if taken and taken ~= id then return 'over_budget' end
redis.call('SET', KEYS[4], id, 'EX', 3 * 86400)
redis.call('ZADD', KEYS[3], now, id)
redis.call('EXPIRE', KEYS[3], 9 * 86400)
redis.call('HSET', KEYS[1], 'state', 'sending', 'token', ARGV[1], 'claimed', now, 'due', ARGV[3],
  'attempt', tonumber(delivery['attempt']) + 1, 'message', ARGV[9], 'day', ARGV[11])
redis.call('ZADD', KEYS[2], ARGV[3], member)
if redis.call('GET', KEYS[6]) == id then redis.call('DEL', KEYS[6]) end
redis.call('XADD', KEYS[7], 'MAXLEN', '~', 100000, '*', 'delivery', id, 'entry', ARGV[10])
return 'taken'
