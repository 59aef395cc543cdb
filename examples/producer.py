"""Tell Stickshaker of two pilots and how they were used on a day: producer.py 2026-01-31 (docs/ingress.md)."""  # noqa: INP001  it stands alone

import json
import os
import sys
from datetime import date, timedelta

import redis

server = redis.Redis.from_url(os.environ["FEEDER_URL"])  # such as redis://feeder:SECRET@redis.example:6379/0
start, end = date.fromisoformat(sys.argv[1]), date.fromisoformat(sys.argv[1]) + timedelta(days=1)
day = {"source": "chat", "start": str(start), "end": str(end), "surface": "chat.web", "group": "tax"}
pilots = [{"id": "tax", "name": "Tax letters", "routes": [{"group": "tax"}]}, {"id": "hr", "name": "Job ads"}]
facts = [day | {"user": user, "actions": n} for user, n in (("ana@n.example", 12), ("ben@n.example", 3))]
total = {"pilot": "hr", "day": str(start), "source": "ads", "active_users": 7, "seats": 40}

server.xadd("stickshaker:in:registry", {"kind": "pilot", "batch": json.dumps(pilots)})
server.xadd("stickshaker:in:usage", {"kind": "fact", "batch": json.dumps(facts)})
server.xadd("stickshaker:in:usage", {"day": json.dumps(total)})
